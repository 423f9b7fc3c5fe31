"""Our templates over JupyterHub's, rendered without a hub."""

from pathlib import Path
from types import SimpleNamespace

import jupyterhub
import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

from mofang_hub.pages.configure import TEMPLATES

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def render():
    """Render a page as the hub does: escaped, ours before JupyterHub's."""
    base = FileSystemLoader(Path(jupyterhub.__file__).parent / "templates")
    from_data = Path(jupyterhub.__file__).parents[4] / "share/jupyterhub/templates"
    theirs = ChoiceLoader([FileSystemLoader(from_data), base])
    ours = FileSystemLoader(TEMPLATES / "hub")
    jinja = Environment(
        loader=ChoiceLoader([ours, PrefixLoader({"templates": theirs}), theirs]),
        autoescape=True,
    )
    given = {
        "base_url": "/hub/",
        "static_url": lambda path, **_: f"/static/{path}",
        "logo_url": "",
        "parsed_scopes": {},
        "services": [],
        "user": SimpleNamespace(
            name="ada", escaped_name="ada", admin=False, url="/user/ada/", spawner=None
        ),
        "progress_url": "/hub/api/users/ada/servers/x/progress",
    }

    def render(name, **more):
        return jinja.get_template(name).render(**given | more)

    return render


def test_a_plain_refusal_is_escaped(render):
    page = render("spawn.html", error_message=HOSTILE, spawner_options_form="")

    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'role="alert"' in page


def test_markup_of_ours_is_shown_as_such(render):
    page = render(
        "spawn.html",
        error_message="x",
        html_error_message="<p>No image.</p>",
        spawner_options_form="",
    )

    assert '<div class="alert alert-danger" role="alert"><p>No image.</p></div>' in page


def test_a_notice_is_text_and_no_alarm(render):
    page = render("spawn.html", notice=HOSTILE, spawner_options_form="")

    assert HOSTILE not in page
    assert 'role="status">&lt;script&gt;' in page


def test_a_failed_start_is_tried_again_with_its_values(render):
    """The page of that server knows what it was last started with."""
    page = render("spawn_pending.html", server_name="vision-pytorch")

    assert 'href="/hub/spawn/ada/vision-pytorch" hidden>Try again' in page


def test_the_gallery_is_put_in_as_it_is(render):
    assert "<form>x</form>" in render(
        "spawn.html", spawner_options_form="<form>x</form>"
    )


def test_a_hostile_server_name_is_text_on_the_progress_page(render):
    assert HOSTILE not in render("spawn_pending.html", server_name=HOSTILE)


def test_progress_is_announced_to_who_cannot_see_it(render):
    page = render("spawn_pending.html", server_name="vision-pytorch")

    assert 'role="progressbar"' in page
    assert 'aria-live="polite"' in page
    assert 'role="alert"' in page


def token_page(render, **more):
    given = {"api_tokens": [], "oauth_clients": [], "token_expires_in_options_html": ""}
    return render("token.html", **given, **more)


def test_the_token_page_tells_how_to_install_the_client(render):
    wheels = ["mofang_api-0.1.0-py3-none-any.whl", "mofang-0.1.0-py3-none-any.whl"]
    page = token_page(render, mofang_client=wheels)

    origin = "<span data-origin></span>"
    addresses = [f"{origin}/hub/client/{wheel}" for wheel in wheels]
    assert f"pip install {' '.join(addresses)}\nmofang --url" in page
    assert f"mofang --url {origin}/services/training --project PROJECT login" in page
    assert "login --user ada" in page


def test_a_hub_without_the_wheel_promises_none(render):
    assert "pip install" not in token_page(render, mofang_client=[])


def test_a_name_that_a_shell_would_read_stays_out_of_a_command(render):
    user = SimpleNamespace(
        name="a;b", escaped_name="a%3Bb", admin=False, url="/user/a/", spawner=None
    )
    page = token_page(render, mofang_client=["mofang-1.whl"], user=user)

    assert "--user" not in page


@pytest.mark.parametrize(
    ("page", "more"),
    [
        ("spawn.html", {"spawner_options_form": ""}),
        ("spawn_pending.html", {"server_name": "vision-pytorch"}),
    ],
)
def test_gallery_and_progress_load_jupyterlab_ahead(render, page, more):
    script = "load('JupyterLab');"
    url = "https://mofang.example.org/static"

    ahead = render(page, mofang_static_url=url, mofang_preload=script, **more)
    without = render(page, mofang_static_url="", mofang_preload=script, **more)

    assert f'<script data-preload="{url}">{script}</script>' in ahead
    assert script not in without
