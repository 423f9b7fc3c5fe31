"""What an administrator may say of the platform's own pods."""

import pytest

COMPONENTS = ["hub", "training", "reconciler", "static"]
CONTAINER = {"name": "beside", "image": "registry.example.org/beside:1"}


@pytest.fixture(params=COMPONENTS)
def component(request):
    return request.param


@pytest.fixture
def deployment(render, minimal, component):
    def of(**values):
        return render(minimal, {component: values}).get("Deployment", component)

    return of


def template(deployment):
    return deployment["spec"]["template"]


def test_volumes_mounts_and_containers_are_added(deployment):
    volume = {"name": "ca", "configMap": {"name": "our-ca"}}
    mount = {"name": "ca", "mountPath": "/etc/ssl/ours"}
    before, after = (
        template(each)["spec"]
        for each in (
            deployment(),
            deployment(
                extraVolumes=[volume],
                extraVolumeMounts=[mount],
                extraContainers=[CONTAINER],
                initContainers=[CONTAINER | {"name": "first"}],
            ),
        )
    )

    assert after["volumes"] == [*before["volumes"], volume]
    own, beside = after["containers"]
    assert own["volumeMounts"] == [*before["containers"][0]["volumeMounts"], mount]
    assert beside == CONTAINER
    assert after["initContainers"] == [CONTAINER | {"name": "first"}]


@pytest.mark.parametrize(
    "given",
    [
        {"HTTPS_PROXY": "http://proxy:3128", "NODE": {"valueFrom": {"x": 1}}},
        [
            {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
            {"name": "NODE", "valueFrom": {"x": 1}},
        ],
    ],
    ids=["by name", "as a list"],
)
def test_variables_are_added(deployment, given):
    env = template(deployment(extraEnv=given))["spec"]["containers"][0]["env"]
    assert env[-2:] == [
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
        {"name": "NODE", "valueFrom": {"x": 1}},
    ]


def test_it_runs_where_all_of_them_and_where_it_alone_may(render, minimal, component):
    def toleration(key):
        return {"key": key, "operator": "Exists"}

    affinity = {"nodeAffinity": {}}
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    rendered = render(
        minimal,
        {
            "scheduling": {
                "corePods": {
                    "nodeSelector": {"pool": "core", "disk": "slow"},
                    "tolerations": [toleration("core")],
                    "affinity": {"podAffinity": {}},
                    "priorityClassName": "core",
                }
            },
            component: {
                "nodeSelector": {"disk": "fast"},
                "tolerations": [toleration("own")],
                "affinity": affinity,
                "topologySpreadConstraints": [spread],
                "priorityClassName": "own",
            },
        },
    )
    spec = template(rendered.get("Deployment", component))["spec"]

    assert spec["nodeSelector"] == {"pool": "core", "disk": "fast"}
    assert spec["tolerations"] == [toleration("core"), toleration("own")]
    assert spec["affinity"] == affinity
    assert spec["topologySpreadConstraints"] == [spread]
    assert spec["priorityClassName"] == "own"
    other = "training" if component == "hub" else "hub"
    spec = template(rendered.get("Deployment", other))["spec"]
    assert spec["nodeSelector"] == {"pool": "core", "disk": "slow"}
    assert spec["affinity"] == {"podAffinity": {}}
    assert spec["priorityClassName"] == "core"


def test_labels_are_added_and_do_not_replace_those_that_select(deployment):
    changed = deployment(
        labels={"team": "ours", "app.kubernetes.io/component": "x"},
        annotations={"example.org/a": "b"},
    )
    metadata = template(changed)["metadata"]

    assert metadata["labels"]["team"] == "ours"
    selector = changed["spec"]["selector"]["matchLabels"]
    assert selector.items() <= metadata["labels"].items()
    assert metadata["annotations"]["example.org/a"] == "b"
    # nginx reads none.
    has_digest = "checksum/settings" in metadata["annotations"]
    assert has_digest == ("static" not in changed["metadata"]["name"])


def test_probes_are_what_is_asked(deployment):
    spec = template(
        deployment(
            livenessProbe={"timeoutSeconds": 30, "failureThreshold": 1},
            startupProbe={"enabled": False},
        )
    )["spec"]["containers"][0]

    assert "startupProbe" not in spec
    assert spec["livenessProbe"]["timeoutSeconds"] == 30
    assert spec["livenessProbe"]["failureThreshold"] == 1
    assert "httpGet" in spec["livenessProbe"]
    assert "enabled" not in spec["livenessProbe"]


@pytest.mark.parametrize("limit", [0, 3])
def test_old_revisions_are_kept_as_asked(deployment, limit):
    assert "revisionHistoryLimit" not in deployment()["spec"]
    changed = deployment(revisionHistoryLimit=limit)
    assert changed["spec"]["revisionHistoryLimit"] == limit


def test_other_fields_of_the_pod_are_added(deployment):
    aliases = [{"ip": "192.0.2.1", "hostnames": ["registry.example.org"]}]
    spec = template(deployment(extraPodSpec={"hostAliases": aliases}))["spec"]
    assert spec["hostAliases"] == aliases


def test_fields_that_another_value_sets_are_refused(refusal, minimal, component):
    message = refusal(minimal, {component: {"extraPodSpec": {"tolerations": []}}})
    assert (
        f"{component}.extraPodSpec.tolerations is set by the chart already" in message
    )


def test_a_budget_is_made_on_request(render, minimal, component, chart):
    assert not chart.of_kind("PodDisruptionBudget")
    rendered = render(minimal, {component: {"pdb": {"enabled": True}}})
    [budget] = rendered.of_kind("PodDisruptionBudget")
    pod = template(rendered.get("Deployment", component))

    assert budget["spec"]["minAvailable"] == 1
    selected = budget["spec"]["selector"]["matchLabels"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    pdb = {"enabled": True, "maxUnavailable": 0}
    [budget] = render(minimal, {component: {"pdb": pdb}}).of_kind("PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 0
    assert "minAvailable" not in budget["spec"]


def test_the_account_may_be_ones_own(render, minimal, component):
    account = {"create": False, "name": "ours"}
    rendered = render(minimal, {component: {"serviceAccount": account}})

    assert component not in rendered.names("ServiceAccount")
    spec = template(rendered.get("Deployment", component))["spec"]
    assert spec["serviceAccountName"] == "ours"
    assert component not in rendered.names("RoleBinding")
    if component == "static":
        # It asks Kubernetes nothing.
        assert spec["automountServiceAccountToken"] is False
        return
    bound = {
        subject["name"]
        for each in rendered.of_kind("RoleBinding", "ClusterRoleBinding")
        for subject in each["subjects"]
    }
    assert "ours" in bound
    assert component not in bound
    settings = rendered.file("mofang-reconciler", "reconciler.yaml")
    assert "ours" in settings.values()


def test_the_account_has_annotations(render, minimal, component):
    values = {"serviceAccount": {"annotations": {"example.org/role": "r"}}}
    account = render(minimal, {component: values}).get("ServiceAccount", component)
    assert account["metadata"]["annotations"] == {"example.org/role": "r"}


def test_an_account_of_ones_own_has_a_name(refusal, minimal, component):
    message = refusal(minimal, {component: {"serviceAccount": {"create": False}}})
    assert f"{component}.serviceAccount.create is false: name the account" in message


@pytest.mark.parametrize("component", ["hub", "training"], indirect=True)
def test_services_have_labels_and_annotations(render, minimal, component):
    service = {"labels": {"team": "ours"}, "annotations": {"example.org/a": "b"}}
    metadata = render(minimal, {component: {"service": service}}).get(
        "Service", component
    )["metadata"]
    assert metadata["labels"]["team"] == "ours"
    assert metadata["annotations"] == {"example.org/a": "b"}


def test_policies_are_added_to(render, minimal, component):
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "ours"}}}]}
    out = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    own = render(minimal).get("NetworkPolicy", component)["spec"]
    policy = {"ingress": [rule], "egress": [out]}
    spec = render(minimal, {component: {"networkPolicy": policy}}).get(
        "NetworkPolicy", component
    )["spec"]

    assert spec["ingress"] == [*own.get("ingress", []), rule]
    assert spec["egress"] == [out]
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_a_policy_may_be_left_out(render, minimal, component):
    off = {component: {"networkPolicy": {"enabled": False}}}
    assert component not in render(minimal, off).names("NetworkPolicy")


def test_unknown_values_of_a_pod_are_refused(refusal, minimal, component):
    assert "extraVolume" in refusal(minimal, {component: {"extraVolume": []}})


def test_limits_of_the_hub_are_read(render, minimal):
    hub = {"concurrentSpawnLimit": 7, "activeServerLimit": 90}
    settings = render(minimal, {"hub": hub, "debug": {"enabled": True}}).file(
        "mofang-settings", "settings.yaml"
    )
    assert settings["concurrentSpawnLimit"] == 7
    assert settings["activeServerLimit"] == 90
    assert settings["debug"] is True
