import pytest
from unit.mofang.fake_service import GIVEN, TOKEN

from mofang.errors import ConfigurationError
from mofang.settings import ClientSettings, config_file

NOTEBOOK = {
    "MOFANG_API_URL": "http://training.mofang.svc:8080/services/training",
    "JUPYTERHUB_API_TOKEN": TOKEN,
    "MOFANG_PROJECT": "vision",
    "MOFANG_IMAGE": "docker.io/mofang/pytorch:1",
    "MOFANG_ENVIRONMENT": "pytorch",
}


@pytest.fixture
def write_file(tmp_path):
    def write(text: str, mode: int = 0o600) -> dict[str, str]:
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
        path = config_file(environment)
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(mode)
        return environment

    return write


def test_a_notebook_needs_no_settings():
    settings = ClientSettings.find(environment=NOTEBOOK)
    assert settings.project == "vision"
    assert settings.image == "docker.io/mofang/pytorch:1"
    assert settings.is_inside


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "by Windows"])
def test_outside_a_file_tells_everything(write_file, mark):
    lines = (f'{name} = "{value}"' for name, value in GIVEN.items())
    settings = ClientSettings.find(environment=write_file(mark + "\n".join(lines)))
    assert settings.url == GIVEN["url"]
    assert not settings.is_inside


def test_an_argument_beats_the_environment_which_beats_the_file(write_file):
    environment = write_file('project = "c"\nurl = "http://c"\nimage = "c"') | {
        "MOFANG_PROJECT": "b",
        "MOFANG_API_URL": "http://b/",
        "JUPYTERHUB_API_TOKEN": TOKEN,
    }
    settings = ClientSettings.find({"project": "a", "url": None}, environment)
    assert (settings.project, settings.url) == ("a", "http://b")
    assert settings.image == "c"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("url", "MOFANG_API_URL"),
        ("token", "JUPYTERHUB_API_TOKEN"),
        ("project", "MOFANG_PROJECT"),
    ],
)
def test_what_is_missing_is_said_with_all_ways_to_give_it(name, variable, tmp_path):
    environment = {**NOTEBOOK, variable: " ", "XDG_CONFIG_HOME": str(tmp_path)}
    with pytest.raises(ConfigurationError) as caught:
        ClientSettings.find(environment=environment)
    for way in (variable, f'{name} = "…"', "config.toml", f"{name}=…"):
        assert way in str(caught.value)


def test_a_token_that_others_can_read_is_refused(write_file):
    environment = write_file(f'token = "{TOKEN}"', mode=0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        ClientSettings.find(environment=environment)


@pytest.mark.parametrize("text", ["url = [", "url = 3", 'colour = "red"', '"\\u0000"'])
def test_a_broken_file_is_named(write_file, text):
    with pytest.raises(ConfigurationError, match=r"config\.toml"):
        ClientSettings.find(environment=write_file(text))


@pytest.mark.parametrize(
    "url",
    [
        "mofang",
        "ftp://x",
        "http://",
        "http://ada:pw@hub/services/training",
        "http://[x",
        "http://a..b/services/training",
        f"http://{'a' * 64}.example/services/training",
    ],
)
def test_an_unusable_address_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigurationError, match="Write it like") as caught:
        ClientSettings.find(environment={**NOTEBOOK, "MOFANG_API_URL": url})
    assert "pw" not in str(caught.value)


def test_a_mangled_token_is_refused_without_repeating_it():
    environment = {**NOTEBOOK, "JUPYTERHUB_API_TOKEN": f"{TOKEN}\n{TOKEN}"}
    with pytest.raises(ConfigurationError) as caught:
        ClientSettings.find(environment=environment)
    assert TOKEN not in str(caught.value)


def test_settings_show_no_token():
    assert TOKEN not in repr(ClientSettings.find(environment=NOTEBOOK))
