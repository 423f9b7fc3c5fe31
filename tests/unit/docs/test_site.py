"""The site: complete, usable by keyboard, and free of other hosts."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
import yaml

from mofang_docs.sections import SECTIONS
from support import markdown

LOADING = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "video": "src",
}
"""Elements that make a browser fetch something, and the attribute that says what."""

HARMLESS_RELATIONS = {"canonical", "next", "prev", "alternate"}


class _Resources(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fetched = []
        self.images_without_text = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "link" and found.get("rel") in HARMLESS_RELATIONS:
            return
        if address := found.get(LOADING.get(tag, ""), ""):
            self.fetched.append(address)
        if tag == "img" and not found.get("alt"):
            self.images_without_text.append(found.get("src"))


def html(site):
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
    }


def test_each_page_is_there(site):
    for page in markdown.pages():
        name = page.relative_to(markdown.PAGES).with_suffix("")
        folder = name.parent if name.name == "index" else name
        assert (site / folder / "index.html").is_file(), page


def test_each_page_is_in_the_navigation():
    text = (markdown.REPOSITORY / "mkdocs.yml").read_text()
    named = set(re.findall(r"[\w/-]+\.md", text))
    assert named == {
        page.relative_to(markdown.PAGES).as_posix() for page in markdown.pages()
    }


def test_a_browser_fetches_nothing_from_another_host(site):
    for name, text in html(site).items():
        resources = _Resources()
        resources.feed(text)
        away = [each for each in resources.fetched if urlsplit(each).netloc]
        assert not away, (name, away)
        assert not resources.images_without_text, name


def test_styles_fetch_nothing_from_another_host(site):
    for path in site.rglob("*.css"):
        away = re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", path.read_text())
        assert not away, path


def test_a_page_can_be_read_in_the_dark_searched_and_used_by_keyboard(site):
    text = html(site)["users/jobs/index.html"]
    assert "Switch to the dark theme" in text
    assert "Switch to the light theme" in text
    assert 'class="md-skip"' in text
    assert 'data-md-component="search"' in text


def test_the_search_finds_what_is_generated(site):
    index = json.loads((site / "search" / "search_index.json").read_text())
    places = {each["location"] for each in index["docs"]}
    assert "users/cli/#mofang-submit" in places
    assert "administrators/values/#publicurl" in places
    assert "users/rest/#jobspec" in places


def test_nothing_hidden_is_in_the_pages():
    for page in markdown.pages():
        assert "<!--" not in page.read_text(encoding="utf-8"), page


def test_programs_are_no_part_of_the_site(site):
    assert not list(site.rglob("*.py"))
    assert not (site / "administrators" / "kind" / "values.yaml").exists()


def test_the_openapi_document_is_part_of_the_site(site):
    found = json.loads((site / "users" / "openapi.json").read_text())
    assert found["openapi"].startswith("3.1")


@pytest.mark.parametrize("name", SECTIONS)
def test_each_generated_section_is_used_once(name):
    mark = f"[[generated:{name}]]"
    users = [page for page in markdown.pages() if mark in page.read_text()]
    assert len(users) == 1


def test_a_section_that_does_not_exist_is_refused():
    from mkdocs.exceptions import PluginError  # noqa: PLC0415 - slow to import

    from mofang_docs.hooks import on_page_markdown  # noqa: PLC0415 - likewise

    with pytest.raises(PluginError, match="no generated section"):
        on_page_markdown("[[generated:nothing]]")


def test_the_configuration_is_strict():
    text = (markdown.REPOSITORY / "mkdocs.yml").read_text()
    assert yaml.safe_load(text)["strict"] is True
