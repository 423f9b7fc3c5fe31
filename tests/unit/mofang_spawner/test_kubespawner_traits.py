"""The table of KubeSpawner's traits: complete and true."""

import pytest
from kubespawner import KubeSpawner
from traitlets.config import Config
from unit.hub_config.conftest import settings_file

from mofang_hub.config.configure import configure
from mofang_hub.pages.application import Hub
from mofang_hub.settings import Secrets, Settings
from mofang_spawner.kubespawner_traits import TRAITS, Rule
from mofang_spawner.trait_validation import TraitsRefusedError, validate_traits


def refusals(section="KubeSpawner", **traits):
    """The sentences for a configuration, without its first line."""
    config = Config()
    config[section].update(traits)
    try:
        validate_traits(config)
    except TraitsRefusedError as err:
        return str(err).splitlines()[1:]
    return []


# -- the table


def test_every_trait_of_the_pinned_kubespawner_has_a_rule():
    assert set(TRAITS) == set(KubeSpawner.class_traits(config=True))


def test_every_refusal_says_what_to_do_instead():
    for name, trait in TRAITS.items():
        if trait.rule is not Rule.MERGED:
            assert trait.note.endswith("."), name


# -- what is refused

VALUES = {
    "uid": 0,
    "gid": lambda spawner: 0,
    "fs_gid": 100,
    "supplemental_gids": [0],
    "privileged": True,
    "allow_privilege_escalation": True,
    "container_security_context": {"runAsUser": 0},
    "pod_security_context": {"fsGroup": 0},
    "automount_service_account_token": True,
    "namespace": "other",
    "enable_user_namespaces": True,
    "profile_list": [{"display_name": "x"}],
    "storage_pvc_ensure": True,
    "delete_pvc": False,
    "mem_limit": "512M",
    "cpu_guarantee": 0.5,
    "image": "example.org/image:1",
    "services_enabled": False,
    "events_enabled": True,
    "pod_connect_ip": "example.org",
    "get_pod_url": lambda spawner, pod: "http://example.org",
    "port": 9999,
    "slug_scheme": "escape",
    "options_form": "<form>",
}


@pytest.mark.parametrize("name", sorted(VALUES))
@pytest.mark.parametrize("section", ["Spawner", "KubeSpawner", "MofangSpawner"])
def test_a_refused_trait_is_named_with_what_to_use(section, name):
    assert refusals(section, **{name: VALUES[name]}) == [
        f"- {section}.{name}: {TRAITS[name].note}"
    ]


def test_the_old_name_of_a_trait_is_the_same_trait():
    """KubeSpawner still takes it."""
    (found,) = refusals(singleuser_uid=0)

    assert found.startswith("- KubeSpawner.singleuser_uid: Servers and jobs of all")


def test_everything_that_is_wrong_is_told_at_once():
    assert len(refusals(uid=0, privileged=True, namespace="x")) == 3


def test_internal_ssl_is_refused():
    config = Config({"JupyterHub": {"internal_ssl": True}})

    with pytest.raises(TraitsRefusedError, match=r"JupyterHub.internal_ssl: .*Istio"):
        validate_traits(config)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", {"MOFANG_PROJECT": "x"}),
        ("common_labels", {"mofang.dev/job": "x"}),
        ("extra_labels", {"mofang.dev/owner": "x"}),
        ("extra_annotations", {"mofang.dev/owner-name": "x"}),
        ("extra_resource_limits", {"memory": "9Gi"}),
        ("extra_resource_guarantees", {"nvidia.com/gpu": "1"}),
        ("extra_pod_config", {"host_network": True}),
        ("extra_pod_config", {"hostPID": True}),
        ("extra_pod_config", {"securityContext": {}}),
        ("extra_pod_config", {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}),
        ("extra_container_config", {"security_context": {"privileged": True}}),
        ("extra_container_config", {"resources": {"limits": {"cpu": 9}}}),
        ("extra_container_config", {"volumeMounts": [{"mountPath": "/global/"}]}),
        ("volumes", [{"name": "x", "hostPath": {"path": "/"}}]),
        ("volumes", {"a": {"name": "mofang-users", "emptyDir": {}}}),
        (
            "volumes",
            [{"name": "x", "persistentVolumeClaim": {"claimName": "mofang-users"}}],
        ),
        ("volume_mounts", [{"name": "x", "mountPath": "/home/jovyan"}]),
        (
            "init_containers",
            [{"name": "x", "securityContext": {"privileged": True}}],
        ),
        ("extra_containers", {"a": {"name": "x", "securityContext": {"runAsUser": 0}}}),
        ("pod_name_template", "jupyter-{username}"),
        ("dns_name_template", "{name}.example.org"),
        ("cmd", []),
        ("group_overrides", {"a": {"groups": [], "spawner_override": {"uid": 0}}}),
    ],
)
def test_a_value_around_the_isolation_is_refused(name, value):
    (found,) = refusals(**{name: value})

    assert found.startswith(f"- KubeSpawner.{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uid", 1000),
        ("uid", None),
        ("supplemental_gids", []),
        ("privileged", False),
        ("port", 8888),
        ("services_enabled", True),
        ("automount_service_account_token", False),
        ("delete_pvc", True),
        ("volumes", [{"name": "x", "persistentVolumeClaim": {"claimName": "y"}}]),
        ("volume_mounts", {"a": {"name": "x", "mountPath": "/home/jovyan/data"}}),
        ("tolerations", [{"key": "x"}]),
        ("init_containers", [{"name": "x", "volumeMounts": [{"name": "y"}]}]),
        ("init_containers", [object()]),
        ("supplemental_gids", ()),
        ("pod_name_template", "{username}-{servername}"),
        ("dns_name_template", "{name}.{namespace}.svc.other.example"),
        ("component_label", "something"),
        ("environment", {"HTTP_PROXY": "http://proxy"}),
        ("group_overrides", lambda spawner: {}),
        ("extra_pod_config", {"dnsPolicy": "None"}),
        ("modify_pod_hook", lambda spawner, pod: pod),
        ("a_trait_of_a_subclass", 1),
    ],
)
def test_what_can_be_honoured_passes(name, value):
    assert refusals(**{name: value}) == []


def test_what_is_appended_to_a_default_is_looked_into():
    config = Config()
    config.KubeSpawner.volumes.append({"name": "x", "hostPath": {"path": "/"}})
    config.KubeSpawner.tolerations.append({"key": "x"})

    with pytest.raises(TraitsRefusedError) as caught:
        validate_traits(config)

    assert len(str(caught.value).splitlines()) == 2


def test_the_charts_own_configuration_passes(tmp_path):
    config = Config()
    configure(config, Settings.model_validate(settings_file()), Secrets(tmp_path))

    validate_traits(config)


def test_the_hub_does_not_start_with_a_refused_trait(tmp_path, monkeypatch, capsys):
    path = tmp_path / "jupyterhub_config.py"
    path.write_text(
        "from mofang_spawner.spawner import MofangSpawner\n"
        "c.JupyterHub.spawner_class = MofangSpawner\n"
        "c.KubeSpawner.privileged = True\n"
    )
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit, match=r"KubeSpawner.privileged: .*restricted"):
        Hub().load_config_file(str(path))
