"""The platform's own pods keep to what projects' pods must keep to."""

import pytest

DEPLOYMENTS = ["hub", "reconciler", "training"]


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


@pytest.mark.parametrize("name", DEPLOYMENTS)
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
    mounts = {
        each["mountPath"] for each in template["spec"]["containers"][0]["volumeMounts"]
    }
    assert "/srv/mofang/storage" in mounts


def test_of_peoples_files_the_hub_sees_homes_alone(chart):
    """It makes those of new users; projects' and logs are other parts' business."""
    template = chart.get("Deployment", "hub")["spec"]["template"]["spec"]
    [volume] = [each for each in template["volumes"] if each["name"] == "storage"]
    mounts = [
        each
        for each in template["containers"][0]["volumeMounts"]
        if each["name"] == "storage" and "audit" not in each["mountPath"]
    ]

    assert volume["persistentVolumeClaim"] == {"claimName": "mofang-storage-root"}
    assert mounts == [
        {
            "name": "storage",
            "mountPath": "/srv/mofang/storage/users",
            "subPath": "users",
        }
    ]
