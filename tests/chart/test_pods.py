"""The platform's own pods keep to what projects' pods must keep to."""

import pytest

from mofang_hub.settings import Settings
from mofang_kube.ephemeral_storage import EphemeralStorage

DEPLOYMENTS = ["hub", "reconciler", "static", "training"]


@pytest.fixture(params=DEPLOYMENTS)
def pod(request, chart):
    return chart.get("Deployment", request.param)["spec"]["template"]["spec"]


def test_there_are_no_pods_but_these(chart):
    assert chart.names("Deployment") == DEPLOYMENTS
    assert not chart.of_kind("StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


def test_every_pod_is_admitted_where_only_restricted_ones_are(pod):
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        assert key not in pod
    allowed = {"configMap", "secret", "persistentVolumeClaim", "emptyDir"}
    for volume in pod["volumes"]:
        assert set(volume) - {"name"} <= allowed
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True


def test_every_container_says_what_it_needs(pod):
    for container in pod["containers"]:
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert {"startupProbe", "livenessProbe"} <= set(container)


def test_no_pod_learns_of_other_services_by_variables(pod):
    """A Service named ``training`` would set TRAINING_PORT and its like."""
    assert pod["enableServiceLinks"] is False


def test_two_hubs_never_share_a_database(chart):
    spec = chart.get("Deployment", "hub")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("name", ["hub", "reconciler", "training"])
def test_changed_settings_restart_who_reads_them(name, render, minimal):
    def annotations(values):
        deployment = render(minimal, values).get("Deployment", name)
        found = deployment["spec"]["template"]["metadata"]["annotations"]
        # Keys are new in each rendering without a cluster.
        return {name: each for name, each in found.items() if "secrets" not in name}

    change = {"gateway": {"namespace": "elsewhere"}}
    assert annotations({}) == annotations({})
    assert annotations({}) != annotations(change)


def test_services_lead_to_their_pods(chart):
    for name, port in {"hub": 8081, "training": 8080}.items():
        service = chart.get("Service", name)["spec"]
        template = chart.get("Deployment", name)["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert service["selector"].items() <= labels.items()
        assert service["ports"] == [
            {"name": "http", "port": port, "targetPort": "http"}
        ]
        [container] = template["spec"]["containers"]
        assert container["ports"] == [{"name": "http", "containerPort": port}]


def test_the_training_service_knows_the_hub(chart):
    template = chart.get("Deployment", "training")["spec"]["template"]
    env = {each["name"]: each for each in template["spec"]["containers"][0]["env"]}
    hub_api = "http://hub.mofang.svc:8081/hub/api"
    assert env["JUPYTERHUB_API_URL"]["value"] == hub_api
    assert env["JUPYTERHUB_SERVICE_PREFIX"]["value"] == "/services/training/"
    # Requests are checked with the caller's token: it has none of its own.
    assert "JUPYTERHUB_API_TOKEN" not in env


def test_the_training_service_sees_logs_and_nobody_s_files(chart):
    template = chart.get("Deployment", "training")["spec"]["template"]["spec"]
    claims = {
        each["name"]: each["persistentVolumeClaim"]["claimName"]
        for each in template["volumes"]
        if "persistentVolumeClaim" in each
    }
    mounts = [
        each
        for each in template["containers"][0]["volumeMounts"]
        if each["name"] in claims
    ]
    volume = chart.get("PersistentVolume", "mofang-logs")["spec"]
    claim = chart.get("PersistentVolumeClaim", "mofang-logs")["spec"]

    assert claims == {"logs": "mofang-logs", "audit": "mofang-storage-root"}
    assert mounts == [
        {"name": "logs", "mountPath": "/srv/mofang/logs"},
        {"name": "audit", "mountPath": "/srv/mofang/audit", "subPath": "audit"},
    ]
    assert chart.file("mofang-settings", "settings.yaml")["logsRoot"] == (
        "/srv/mofang/logs"
    )
    assert claim["volumeName"] == "mofang-logs"
    assert volume["claimRef"]["name"] == "mofang-logs"
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"


def test_the_volume_of_logs_has_a_handle_of_its_own(render, minimal):
    """No project is called so, and one handle must not stand for two volumes."""
    source = {
        "csi": {
            "driver": "rook-ceph.cephfs.csi.ceph.com",
            "volumeHandle": "mofang-$(project)-$(category)",
            "volumeAttributes": {"rootPath": "/$(category)"},
        }
    }
    storage = {**minimal["storage"], "persistentVolume": source}
    rendered = render({**minimal, "storage": storage})
    found = rendered.get("PersistentVolume", "mofang-logs")

    csi = found["spec"]["csi"]
    assert csi["volumeHandle"] == "mofang-0-training-logs"
    assert csi["volumeAttributes"] == {"rootPath": "/logs"}


def test_disks_of_nodes_are_bounded_for_servers_and_jobs(render, minimal):
    bounds = {
        "request": "1Gi",
        "limit": "20Gi",
        "tmp": "2Gi",
        "cache": [{"gpu": 8, "size": "3T"}, {"cpu": 8, "size": 0}, {"size": "50G"}],
    }
    rendered = render(minimal, {"ephemeralStorage": bounds})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )

    wanted = EphemeralStorage.model_validate(bounds)
    assert settings.singleuser.ephemeral_storage == wanted
    assert settings.jobs.ephemeral_storage == wanted
    assert wanted.cache_size(cpu="1", memory="1Gi", gpu=8) == "3T"


def test_the_defaults_of_the_chart_and_of_the_services_are_the_same(chart):
    settings = Settings.model_validate(chart.file("mofang-settings", "settings.yaml"))

    assert settings.jobs.ephemeral_storage == EphemeralStorage()


def test_notes_name_the_bound_that_kubelets_must_set(notes, minimal):
    assert "podPidsLimit" in notes(minimal)


def test_of_peoples_files_the_hub_sees_nothing(chart):
    """The reconciler makes homes; the hub asks for them by their objects."""
    template = chart.get("Deployment", "hub")["spec"]["template"]["spec"]
    mounts = template["containers"][0]["volumeMounts"]
    shared = [
        each["name"]
        for each in template["volumes"]
        if each.get("persistentVolumeClaim", {}).get("claimName")
        == "mofang-storage-root"
    ]

    assert shared == ["audit"]
    assert [each for each in mounts if each["name"] in shared] == [
        {"name": "audit", "mountPath": "/srv/mofang/audit", "subPath": "audit"}
    ]
