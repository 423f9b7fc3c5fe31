"""What holds for every server: from the values to KubeSpawner's traits."""

import pytest
from traitlets.config import Config

from mofang_hub.config.configure import configure
from mofang_hub.settings import Secrets, Settings
from mofang_spawner.spawner import MofangSpawner

DEFAULTS = {
    "startTimeout": 900,
    "queueTimeout": 100,
    "limitPerUser": 2,
    "defaultUrl": "/tree",
    "extraEnv": {
        "HTTPS_PROXY": "http://proxy.example.org:3128",
        "NODE": {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    },
    "extraLabels": {"team": "ours"},
    "extraAnnotations": {"example.org/a": "b"},
    "nodeSelector": {"disk": "fast"},
    "extraTolerations": [{"key": "users", "operator": "Exists"}],
    "initContainers": [{"name": "first", "image": "registry.example.org/a:1"}],
    "extraContainers": [{"name": "beside", "image": "registry.example.org/b:1"}],
    "lifecycleHooks": {"postStart": {"exec": {"command": ["true"]}}},
    "priorityClassName": "users",
}


@pytest.fixture
def c(render, minimal, tmp_path):
    rendered = render(minimal, {"singleuser": DEFAULTS})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )
    c = Config()
    configure(c, settings, Secrets(tmp_path))
    return c


def test_they_become_traits_of_kubespawner(c):
    spawner = c.MofangSpawner

    assert (spawner.start_timeout, spawner.queue_timeout) == (1000, 100)
    assert spawner.context().limit_per_user == 2
    assert spawner.default_url == "/tree"
    for name, value in DEFAULTS["extraEnv"].items():
        assert spawner.environment[name] == value
    assert spawner.environment["JUPYTERHUB_ACTIVITY_INTERVAL"] == "300"
    assert spawner.extra_labels == DEFAULTS["extraLabels"]
    assert spawner.extra_annotations == DEFAULTS["extraAnnotations"]
    assert spawner.node_selector == DEFAULTS["nodeSelector"]
    assert spawner.tolerations == DEFAULTS["extraTolerations"]
    assert spawner.init_containers == DEFAULTS["initContainers"]
    assert spawner.extra_containers == DEFAULTS["extraContainers"]
    assert spawner.lifecycle_hooks == DEFAULTS["lifecycleHooks"]
    assert spawner.priority_class_name == "users"


def test_each_of_them_is_a_trait(c):
    assert set(c.MofangSpawner) <= set(MofangSpawner.class_traits(config=True))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"extraEnv": {"MOFANG_PROJECT": "x"}},
            "singleuser.extraEnv.MOFANG_PROJECT is set by Mofang",
            id="our own",
        ),
        pytest.param(
            {"extraEnv": {"JUPYTERHUB_API_TOKEN": "x"}},
            "begin with none of MOFANG_, JUPYTERHUB_ and JPY_",
            id="JupyterHub's",
        ),
        pytest.param(
            {"extraLabels": {"mofang.dev/project": "other"}},
            "singleuser.extraLabels has the label mofang.dev/project",
            id="a label that tells projects apart",
        ),
        pytest.param(
            {"extraLabels": {"component": "x"}},
            "singleuser.extraLabels has the label component",
            id="KubeSpawner's label",
        ),
        pytest.param(
            {"lifecycleHooks": {"preStart": {}}}, "preStart", id="no such hook"
        ),
        pytest.param(
            {"initContainers": [{"name": "a"}]}, "image", id="a container of nothing"
        ),
        pytest.param({"image": {"name": "a"}}, "image", id="images are environments'"),
    ],
)
def test_what_servers_are_found_by_is_refused(refusal, minimal, values, said):
    assert said in refusal(minimal, {"singleuser": values})
