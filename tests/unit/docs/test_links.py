"""Links between files of the repository lead somewhere, on the site and beside it."""

from urllib.parse import unquote, urlsplit

import pytest

from support import markdown

GENERATED = {markdown.PAGES / "users" / "openapi.json"}


def name_of(path):
    return path.relative_to(markdown.REPOSITORY).as_posix()


@pytest.mark.parametrize("path", markdown.files(), ids=name_of)
def test_links_lead_to_files_and_headings(path):
    lost = []
    for target in markdown.links(path):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not file.exists() and file not in GENERATED:
            lost.append(target)
            continue
        # Anchors of the site's pages are checked by mkdocs, which knows them all.
        is_page = file.is_relative_to(markdown.PAGES)
        if parts.fragment and not is_page:
            known = markdown.anchors(file)
            lost += [target] if parts.fragment not in known else []
    assert not lost


@pytest.mark.parametrize("path", markdown.pages(), ids=name_of)
def test_pages_link_to_pages_only(path):
    """What is beside the site's folder cannot be reached on the site."""
    for target in markdown.links(path):
        parts = urlsplit(target)
        if parts.path and not parts.scheme:
            file = (path.parent / unquote(parts.path)).resolve()
            assert file.is_relative_to(markdown.PAGES), target


def test_no_page_names_a_path_of_a_file_that_is_not_there():
    """Paths in code that begin with a folder of the repository."""
    folders = ("docs/", "helm/", "hub/", "images/", "spawner/", "extensions/", "tests/")
    lost = [
        f"{name_of(page)}: {word}"
        for page in markdown.pages()
        for word in markdown.code_spans(page)
        if word.startswith(folders) and not exists(word)
    ]
    assert not lost


def exists(word):
    if "<" in word or "{" in word:
        return True
    path, _, _ = word.partition("*")
    return (markdown.REPOSITORY / path).exists()
