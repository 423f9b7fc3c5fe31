"""Images: pulled with log-ins, and before anybody waits for them."""

import pytest
import yaml
from chart.conftest import CHART, REPOSITORY

from mofang_hub.settings import Settings
from mofang_projects.builder import pull_secret_name
from mofang_projects.settings import NamespaceSettings

PRIVATE = {"imagePullSecrets": [{"name": "registry"}, {"name": "mirror"}]}
CONTINUOUS = {"prePuller": {"continuous": {"enabled": True}}}
HOOK = {"prePuller": {"hook": {"enabled": True}}}
CATALOG = sorted((REPOSITORY / "images" / "catalog").glob("*.yaml"))


def pulled(rendered, name="continuous-image-puller"):
    spec = rendered.get("DaemonSet", name)["spec"]["template"]["spec"]
    return [each["image"] for each in spec["initContainers"]]


# -- log-ins of registries


def test_the_platforms_pods_pull_with_them(render, minimal):
    rendered = render(minimal, PRIVATE, CONTINUOUS, {"prePuller": HOOK["prePuller"]})
    for each in rendered.of_kind("Deployment", "DaemonSet", "Job"):
        spec = each["spec"]["template"]["spec"]
        assert spec["imagePullSecrets"] == PRIVATE["imagePullSecrets"]


def test_servers_and_jobs_pull_with_copies(render, minimal):
    rendered = render(minimal, PRIVATE)
    operator = NamespaceSettings.model_validate(
        rendered.file("mofang-reconciler", "reconciler.yaml")
    )
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )

    assert operator.image_pull_secrets == ("registry", "mirror")
    # Jobs name what the operator makes.
    assert settings.jobs.image_pull_secrets == tuple(
        map(pull_secret_name, operator.image_pull_secrets)
    )


def test_the_operator_reads_these_secrets_and_no_other(render, minimal, chart):
    rendered = render(minimal, PRIVATE)

    [rule] = rendered.get("Role", "mofang-reconciler")["rules"]
    assert rule["resources"] == ["secrets"]
    assert rule["resourceNames"] == ["registry", "mirror"]
    assert rule["verbs"] == ["get"]
    [rule] = rendered.get("ClusterRole", "mofang-reconciler-project")["rules"]
    assert rule["verbs"] == ["create", "patch", "delete"]
    bound = {
        each["roleRef"]["name"]
        for each in rendered.of_kind("ClusterRoleBinding", "RoleBinding")
    }
    assert "mofang-reconciler-project" not in bound
    [bind] = [
        rule
        for rule in rendered.get("ClusterRole", "mofang-reconciler")["rules"]
        if rule["verbs"] == ["bind"]
    ]
    assert bind["resourceNames"] == [
        "mofang-hub-project",
        "mofang-training-project",
        "mofang-reconciler-project",
    ]
    # Without them there is no such right at all.
    assert "mofang-reconciler" not in chart.names("Role")
    assert "mofang-reconciler-project" not in chart.names("ClusterRole")


# -- images that are there already


def test_by_default_nothing_is_pulled_beforehand(chart):
    assert not chart.of_kind("DaemonSet", "Job")


def test_every_node_gets_the_image_of_every_environment(render, minimal):
    rendered = render(minimal, CONTINUOUS)

    environments = rendered.of_kind("Environment")
    assert len(environments) == len(CATALOG)
    assert pulled(rendered) == sorted({each["spec"]["image"] for each in environments})


def test_environments_of_the_values_count_and_those_left_out_do_not(render, minimal):
    added = {
        "displayName": "Ours",
        "image": "registry.example.org/ours:1",
        "access": {"everyone": True},
        "resources": {"cpu": {"default": "1"}, "memory": {"default": "1Gi"}},
    }
    environments = {"ours": added, **{path.stem: None for path in CATALOG}}
    rendered = render(minimal, CONTINUOUS, {"environments": environments})
    assert pulled(rendered) == ["registry.example.org/ours:1"]


def test_images_of_containers_beside_servers_and_further_ones_are_pulled(
    render, minimal
):
    container = {"name": "a", "image": "registry.example.org/a:1"}
    extra = {"sql": {"name": "registry.example.org/sql", "tag": "2"}}
    rendered = render(
        minimal,
        {"singleuser": {"initContainers": [container], "extraContainers": [container]}},
        {
            "prePuller": {
                **CONTINUOUS["prePuller"],
                "pullEnvironmentImages": False,
                "extraImages": extra,
            }
        },
    )
    assert pulled(rendered) == [
        "registry.example.org/a:1",
        "registry.example.org/sql:2",
    ]


def test_pods_that_pull_go_where_servers_go_and_may_do_nothing(render, minimal):
    singleuser = {
        "nodeSelector": {"pool": "users"},
        "extraTolerations": [{"key": "users", "operator": "Exists"}],
    }
    spec = render(minimal, CONTINUOUS, {"singleuser": singleuser}).get(
        "DaemonSet", "continuous-image-puller"
    )["spec"]["template"]["spec"]

    assert spec["nodeSelector"] == {"pool": "users"}
    assert [each["key"] for each in spec["tolerations"]] == [
        "nvidia.com/gpu",
        "mofang.dev/pool",
        "users",
    ]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    for each in [*spec["initContainers"], *spec["containers"]]:
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_an_upgrade_waits_for_its_images(render, minimal):
    rendered = render(minimal, HOOK)
    job = rendered.get("Job", "hook-image-awaiter")
    container = job["spec"]["template"]["spec"]["containers"][0]

    assert pulled(rendered, "hook-image-puller")
    # No image of its own: whoever has the hub's has it.
    assert container["image"] == "docker.io/mofang/hub:hub-1"
    assert "--daemonset=hook-image-puller" in container["command"]
    weights = []
    for each in rendered.manifests:
        annotations = each["metadata"].get("annotations") or {}
        if "helm.sh/hook" in annotations:
            assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
            policy = annotations["helm.sh/hook-delete-policy"]
            assert policy == "before-hook-creation,hook-succeeded"
            weights.append((int(annotations["helm.sh/hook-weight"]), each["kind"]))
    assert min(weights)[1] == "DaemonSet"
    assert max(weights)[1] == "Job"


def test_the_waiting_job_may_look_and_nothing_else(render, minimal):
    rules = render(minimal, HOOK).get("Role", "hook-image-awaiter")["rules"]
    assert [(rule["resources"], rule["verbs"]) for rule in rules] == [
        (["daemonsets"], ["get"]),
        (["pods"], ["list"]),
    ]
    assert rules[0]["resourceNames"] == ["hook-image-puller"]


def test_what_was_pulled_is_noted_for_the_next_upgrade(render, minimal):
    def note(*values):
        config = render(minimal, HOOK, *values).get("ConfigMap", "mofang-settings")
        return config["metadata"]["annotations"]["mofang.dev/pulled-images"]

    other = {"images": {"pytorch": {"tag": "pytorch-2"}}}
    assert note() == note()
    assert note() != note(other)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"extraImages": {"a": {"name": "b"}}}, "tag", id="no tag"),
        pytest.param({"hook": {"image": {}}}, "image", id="an image of the hook's own"),
    ],
)
def test_bad_values_are_refused(refusal, minimal, values, said):
    assert said in refusal(minimal, {"prePuller": values})


def test_the_program_that_waits_is_in_the_hubs_package():
    text = (CHART / "templates" / "image-puller" / "hook.yaml").read_text()
    assert "- mofang_hub.image_awaiter" in text
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["prePuller"]["hook"]["enabled"] is False


def test_an_image_is_named_by_its_digest_where_there_is_one(render, minimal):
    digest = f"sha256:{'0' * 64}"
    rendered = render(minimal, {"images": {"hub": {"digest": digest}}})
    wanted = f"docker.io/mofang/hub:hub-1@{digest}"
    for each in rendered.of_kind("Deployment"):
        [container] = each["spec"]["template"]["spec"]["containers"]
        assert container["image"] == wanted
    settings = rendered.file("mofang-settings", "settings.yaml")
    assert settings["images"]["hub"]["reference"] == wanted


def test_what_is_no_digest_is_refused(refusal, minimal):
    assert "digest" in refusal(minimal, {"images": {"hub": {"digest": "latest"}}})
