import pytest
import yaml
from pydantic import ValidationError
from unit.hub_config.conftest import SECRETS, settings_file

from mofang_hub.settings import Secrets, Settings


def load(tmp_path, body):
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(body))
    return Settings.load(path)


def test_the_least_a_chart_must_say(tmp_path):
    settings = load(tmp_path, settings_file())

    assert settings.gateway.probe_url == "http://gateway.istio-ingress.svc"
    assert settings.singleuser.start_timeout == 600
    assert settings.jobs.allow_any_image is False


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"serverz": {}}, id="misspelt at the top"),
        pytest.param({"singleuser": {"limitPerUsr": 1}}, id="misspelt inside"),
        pytest.param({"auth": {"method": "none"}}, id="an unknown method"),
        pytest.param({"gateway": {"name": "a/b"}}, id="a key missing"),
        pytest.param(
            {"singleuser": {"startTimeout": 1}}, id="a time-out below ten seconds"
        ),
        pytest.param({"singleuser": {"limitPerUser": -1}}, id="a limit below zero"),
        pytest.param(
            {"singleuser": {"extraEnv": {"JPY_API_TOKEN": "x"}}}, id="a token's name"
        ),
        pytest.param(
            {"singleuser": {"extraLabels": {"mofang.dev/owner": "x"}}},
            id="a label that says whose a server is",
        ),
        pytest.param(
            {"images": {"hub": {"reference": "x", "pullPolicy": "Often"}}},
            id="an unknown policy",
        ),
    ],
)
def test_what_the_chart_got_wrong_is_refused(tmp_path, changes):
    with pytest.raises(ValidationError):
        load(tmp_path, settings_file(**changes))


def test_images_are_known_by_their_names(tmp_path):
    images = {"ray": {"reference": "docker.io/mofang/ray:1", "pullPolicy": "Never"}}
    settings = load(tmp_path, settings_file(images=images))

    assert settings.image_references == {"ray": "docker.io/mofang/ray:1"}


def test_secrets_are_read_without_white_space(secrets):
    assert {name: secrets.get(name) for name in SECRETS} == SECRETS


def test_a_secret_that_is_not_set_is_empty(tmp_path):
    assert Secrets(tmp_path).get("cookie-secret") == ""
    assert Secrets(tmp_path / "nowhere").get("cookie-secret") == ""
