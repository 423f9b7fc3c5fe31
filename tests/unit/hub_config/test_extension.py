"""What an administrator adds to the hub's configuration."""

import traceback

import pytest
import yaml
from traitlets.config import Config

from mofang_hub.config.configure import configure
from mofang_hub.config.extension import ConfigError, Extension
from mofang_hub.config.traits import PROTECTED_TRAITS
from mofang_spawner.spawner import MofangSpawner


@pytest.fixture
def c(settings, secrets):
    c = Config()
    configure(c, settings, secrets)
    return c


@pytest.fixture
def apply(c, secrets):
    def applied(**given):
        Extension.model_validate(given).apply(c, secrets)
        return c

    return applied


def test_without_a_file_nothing_is_added(tmp_path, c, secrets):
    before = str(c)
    Extension.load(tmp_path / "extension.yaml").apply(c, secrets)
    assert str(c) == before


def test_the_file_is_what_the_chart_renders(tmp_path):
    path = tmp_path / "extension.yaml"
    path.write_text(yaml.safe_dump({"extraConfig": {"a": "x = 1"}, "loadRoles": {}}))
    assert Extension.load(path).extra_config == {"a": "x = 1"}


def test_traits_of_any_class_are_set(apply):
    c = apply(
        config={
            "JupyterHub": {"admin_access": False},
            "GenericOAuthenticator": {"login_service": "Ours"},
        }
    )
    assert c.JupyterHub.admin_access is False
    assert c.GenericOAuthenticator.login_service == "Ours"


def test_extra_configuration_runs_in_the_order_of_its_names(apply):
    c = apply(
        extraConfig={
            "20-second": "c.JupyterHub.template_vars['order'] += ' second'",
            "10-first": "c.JupyterHub.template_vars['order'] = 'first'",
        }
    )
    assert c.JupyterHub.template_vars["order"] == "first second"


def test_extra_configuration_comes_after_everything_else(apply):
    code = "assert get_config() is c\nc.JupyterHub.admin_access = custom['access']"
    c = apply(
        config={"JupyterHub": {"admin_access": False}},
        extraConfig={"a": code},
        custom={"access": True},
    )
    assert c.JupyterHub.admin_access is True


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(
            "x = 1\nfoo.bar = 2",
            "hub.extraConfig, key 'mine', line 2: NameError: name 'foo' is not defined",
            id="while it runs",
        ),
        pytest.param(
            "x = 1\nx = (",
            "hub.extraConfig, key 'mine', line 2: SyntaxError",
            id="text",
        ),
        pytest.param(
            "import json\njson.loads('{')",
            "hub.extraConfig, key 'mine', line 2: JSONDecodeError",
            id="in what it calls",
        ),
    ],
)
def test_an_error_names_the_key_and_the_line(apply, code, said):
    with pytest.raises(ConfigError) as caught:
        apply(extraConfig={"mine": code})
    assert str(caught.value).startswith(said)


def test_a_traceback_shows_the_line_itself(apply):
    with pytest.raises(ConfigError) as caught:
        apply(extraConfig={"mine": "x = 1\nraise ValueError('no')"})
    shown = "".join(traceback.format_exception(caught.value))
    assert "raise ValueError('no')" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"config": {"JupyterHub": {"spawner_class": "simple"}}},
            "hub.config.JupyterHub sets JupyterHub.spawner_class. Servers are started",
            id="another spawner",
        ),
        pytest.param(
            {"config": {"JupyterHub": {"services": []}}},
            "hub.config.JupyterHub.services would replace Mofang's own entries",
            id="no services",
        ),
        pytest.param(
            {"config": {"loadRoles": {}}},
            "hub.config.loadRoles is not the name of a class",
            id="a key of another place",
        ),
        pytest.param(
            {"extraConfig": {"a": "c.Spawner.env_keep = ['JUPYTERHUB_CRYPT_KEY']"}},
            "hub.extraConfig, key 'a', sets Spawner.env_keep. Nothing of the hub's",
            id="the hub's keys",
        ),
        pytest.param(
            {"extraConfig": {"a": "c.KubeSpawner.env_keep.append('PATH')"}},
            "hub.extraConfig, key 'a', sets KubeSpawner.env_keep.",
            id="added to a list",
        ),
        pytest.param(
            {"extraConfig": {"a": "c.JupyterHub.services = []"}},
            "hub.extraConfig, key 'a', sets JupyterHub.services. Use hub.services",
            id="without the training service",
        ),
        pytest.param(
            {"extraConfig": {"a": "c.JupyterHub.subdomain_host = ''"}},
            "hub.extraConfig, key 'a', sets JupyterHub.subdomain_host. Which origin",
            id="one origin for everybody",
        ),
    ],
)
def test_what_keeps_users_apart_cannot_be_changed(apply, given, said):
    with pytest.raises(ConfigError) as caught:
        apply(**given)
    assert str(caught.value).startswith(said)


def test_the_same_value_again_does_no_harm(apply):
    c = apply(extraConfig={"a": "c.JupyterHub.cleanup_servers = False"})
    assert c.JupyterHub.cleanup_servers is False


def test_keys_of_dictionaries_are_added(apply):
    """The gallery needs the variables of Mofang's own templates."""
    c = apply(config={"JupyterHub": {"template_vars": {"announcement": "Hello"}}})

    assert c.JupyterHub.template_vars["announcement"] == "Hello"
    assert "mofang_style" in c.JupyterHub.template_vars


def test_templates_of_the_administrator_are_found_first(apply):
    c = apply(config={"JupyterHub": {"template_paths": ["/etc/ours"]}})

    first, mofangs = c.JupyterHub.template_paths
    assert first == "/etc/ours"
    assert mofangs.endswith("hub")


@pytest.mark.parametrize("section", ["Spawner", "KubeSpawner", "MofangSpawner"])
def test_traits_of_servers_count_whatever_class_is_named(apply, section):
    """Mofang's own are of MofangSpawner, which traitlets would take."""
    c = apply(config={section: {"http_timeout": 99, "environment": {"A": "1"}}})
    spawner = Config(c).MofangSpawner

    assert spawner.http_timeout == 99
    assert spawner.environment == {"A": "1", "JUPYTERHUB_ACTIVITY_INTERVAL": "300"}


def test_extra_configuration_adds_to_what_servers_have(apply):
    toleration = {"key": "ours", "operator": "Exists"}
    c = apply(
        config={"KubeSpawner": {"tolerations": [{"key": "first"}]}},
        extraConfig={
            "a": f"c.KubeSpawner.tolerations.append({toleration})",
            "b": "c.Spawner.environment.update({'B': '2'})",
            "c": "c.KubeSpawner.environment = {'C': '3'}",
        },
    )
    assert c.MofangSpawner.tolerations == [{"key": "first"}, toleration]
    environment = {"B": "2", "C": "3", "JUPYTERHUB_ACTIVITY_INTERVAL": "300"}
    assert c.MofangSpawner.environment == environment


def test_traits_that_mofang_does_not_set_stay_where_they_are(apply):
    c = apply(config={"KubeSpawner": {"working_dir": "/projects"}})
    assert c.KubeSpawner.working_dir == "/projects"


def test_services_come_beside_mofangs_own(apply, tmp_path):
    (tmp_path / "report-token").write_text("a-token-of-the-service")
    c = apply(services={"report": {"url": "http://report.tools.svc:80"}})

    training, report = c.JupyterHub.services
    assert training["name"] == "training"
    assert report == {
        "name": "report",
        "url": "http://report.tools.svc:80",
        "api_token": "a-token-of-the-service",
    }


def test_extra_configuration_may_add_a_service(apply):
    c = apply(extraConfig={"a": "c.JupyterHub.services.append({'name': 'b'})"})
    assert [each["name"] for each in c.JupyterHub.services] == ["training", "b"]


def test_a_service_cannot_take_the_name_of_mofangs_own(apply):
    with pytest.raises(ConfigError, match=r"hub\.services\.training has the name"):
        apply(services={"training": {}})


def test_roles_come_beside_mofangs_own(apply):
    c = apply(loadRoles={"report": {"services": ["report"], "scopes": ["list:users"]}})
    assert c.JupyterHub.load_roles[-1] == {
        "name": "report",
        "services": ["report"],
        "scopes": ["list:users"],
    }


def test_the_role_of_every_user_keeps_what_mofang_needs(apply):
    c = apply(loadRoles={"user": {"scopes": ["self", "access:services!service=b"]}})
    [user] = [each for each in c.JupyterHub.load_roles if each["name"] == "user"]

    assert "access:services!service=training" in user["scopes"]
    assert user["scopes"][-1] == "access:services!service=b"
    assert user["scopes"].count("self") == 1


def test_every_protected_trait_of_servers_exists():
    known = set(MofangSpawner.class_traits(config=True))
    assert set(PROTECTED_TRAITS["MofangSpawner"]) <= known
