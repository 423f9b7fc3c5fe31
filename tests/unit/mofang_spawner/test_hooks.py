"""KubeSpawner's hooks and addresses, as an administrator knows them."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest
from kubernetes_asyncio.client import V1Container, V1Pod
from unit.mofang_spawner.conftest import FakeContext, a_plan
from unit.mofang_spawner.fake_cluster import NAMESPACE, POD

from mofang_kube.placement import NodeClass
from mofang_spawner.server_start import ServerStart
from mofang_spawner.spawner import MofangSpawner

RUNNING = [{"name": "notebook", "state": {"running": {}}, "ready": True}]


class AnsweredStart(ServerStart):
    """Its server answers at once."""

    @staticmethod
    async def _answers(*_):
        return True


class AnsweredSpawner(MofangSpawner):
    server_start_class = AnsweredStart


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def make(context, monkeypatch):
    """A spawner with a plan and with what is configured; KubeSpawner's own pod."""
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda *_: None)

    def made(**configured):
        user = SimpleNamespace(
            id=1, name="ada", url="/user/ada", groups=[], spawners={}
        )
        row = SimpleNamespace(
            name="vision-pytorch", server=None, last_activity=None, user_options={}
        )
        spawner = AnsweredSpawner(
            _mock=True,
            user=user,
            orm_spawner=row,
            api_token="very-private",
            oauth_client_id="a",
            **configured,
        )
        spawner.context = lambda: context
        spawner._plan = a_plan()
        return spawner

    return made


async def start(spawner, context):
    """Start it; its container runs as soon as there is one."""
    started = spawner.start()
    async with asyncio.timeout(30):
        while not started.done():
            await asyncio.sleep(0.01)
            if ("service", spawner.dns_name.partition(".")[0]) in context.core.objects:
                with contextlib.suppress(KeyError):
                    context.core.put_pod(
                        phase="Running", podIP="10.0.0.1", containerStatuses=RUNNING
                    )
    return await started


async def test_a_pod_is_modified_as_kubespawners_model(make, context):
    seen = []

    async def modify(spawner, pod):
        seen.append(pod)
        pod.spec.containers[0].image_pull_policy = "Always"
        pod.metadata.labels = {"own": "label"}
        return pod

    await start(make(modify_pod_hook=modify), context)

    assert isinstance(seen[0], V1Pod)
    assert isinstance(seen[0].spec.containers[0], V1Container)
    made = context.core.objects["pod", POD]
    assert made["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    assert made["metadata"]["labels"]["own"] == "label"
    assert made["metadata"]["labels"]["mofang.dev/server"] == POD


async def test_a_hook_after_the_pod_knows_its_uid(make, context):
    seen = []
    await start(make(after_pod_created_hook=lambda _, pod: seen.append(pod)), context)

    assert (
        seen[0]["metadata"]["uid"]
        == context.core.objects["pod", POD]["metadata"]["uid"]
    )


async def test_a_hook_that_fails_leaves_nothing(make, context):
    def fail(*_):
        raise RuntimeError("no")

    spawner = make(after_pod_created_hook=fail)

    with pytest.raises(RuntimeError):
        await start(spawner, context)
    context.core.collect_garbage()
    assert not context.core.objects


async def test_configured_labels_are_on_every_object_and_selected_by(make, context):
    spawner = make(
        component_label="something",
        common_labels={"some/label": "a"},
        extra_labels={"extra/label": "{username}"},
        extra_annotations={"note": "{username}"},
    )
    await start(spawner, context)

    for (kind, _), made in context.core.objects.items():
        labels = made["metadata"]["labels"]
        assert (labels["some/label"], labels["extra/label"]) == ("a", "ada"), kind
        assert made["metadata"]["annotations"]["note"] == "ada", kind
    pod = context.core.objects["pod", POD]["metadata"]["labels"]
    (service,) = (
        made for (kind, _), made in context.core.objects.items() if kind == "service"
    )
    selector = service["spec"]["selector"]
    assert selector["component"] == pod["component"] == "something"
    assert selector.items() <= pod.items()


async def test_a_server_is_reached_by_its_service(make, context):
    spawner = make()
    url = await start(spawner, context)

    (service,) = (name for kind, name in context.core.objects if kind == "service")
    assert url == f"http://{service}.{NAMESPACE}.svc.cluster.local:8888"


@pytest.mark.parametrize(
    ("configured", "url"),
    [
        ({"pod_connect_ip": "{username}.example.org"}, "http://ada.example.org:8888"),
        ({"services_enabled": False}, "http://10.0.0.1:8888"),
        ({"get_pod_url": lambda *_: "http://other:1"}, "http://other:1"),
    ],
)
async def test_the_start_and_later_polls_agree_on_the_address(
    make, context, configured, url
):
    """The hub refuses these; a subclass may have another proxy."""
    spawner = make(**configured)

    assert await start(spawner, context) == url
    pod = context.pods.objects[f"{NAMESPACE}/{POD}"]
    assert spawner._get_pod_url(pod) == url


async def test_hooks_see_what_the_plan_decided(make, context):
    seen = []
    spawner = make(
        modify_pod_hook=lambda spawner, pod: seen.append(spawner) or pod,
        environment={"IMAGE": lambda spawner: spawner.image},
    )
    await start(spawner, context)

    assert seen[0].mem_limit == seen[0].mem_guarantee == 2 * 2**30
    assert (seen[0].cpu_limit, seen[0].cpu_guarantee) == (2.0, 0.5)
    made = context.core.objects["pod", POD]["spec"]["containers"][0]
    variables = {each["name"]: each.get("value") for each in made["env"]}
    assert variables["IMAGE"] == variables["JUPYTER_IMAGE"] == made["image"]


async def test_traits_are_expanded_and_merged(make, context):
    context.nodes = [NodeClass(is_labelled=True)]
    spawner = make(
        volumes={"b": {"name": "b-{username}", "emptyDir": {}}},
        volume_mounts=[{"name": "b-{username}", "mountPath": "/b"}],
        node_affinity_required=[
            {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}
        ],
        extra_container_config={"envFrom": [{"secretRef": {"name": "x"}}]},
        extra_pod_config={"dnsPolicy": "None"},
        init_containers=[{"name": "first", "image": "busybox"}],
    )
    await start(spawner, context)

    spec = context.core.objects["pod", POD]["spec"]
    server = spec["containers"][0]
    assert spec["volumes"][0]["name"] == server["volumeMounts"][0]["name"] == "b-ada"
    (term,) = spec["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]["nodeSelectorTerms"]
    assert [each["key"] for each in term["matchExpressions"]] == [
        "zone",
        "mofang.dev/node-type",
    ]
    assert server["envFrom"] == [{"secretRef": {"name": "x"}}]
    assert spec["dnsPolicy"] == "None"
    assert spec["initContainers"][0]["securityContext"]["runAsNonRoot"] is True


async def test_progress_may_be_asked_before_the_start_runs(make, context):
    spawner = make()
    starting = asyncio.ensure_future(start(spawner, context))
    while spawner._start_log is None:  # noqa: ASYNC110 - until start() was called
        await asyncio.sleep(0)
    messages = [event["message"] async for event in spawner.progress()]
    await starting

    assert messages[0] == "Requesting resources."
    assert "Container started on node cpu-1. Starting JupyterLab." in messages
    assert len(messages) == len(set(messages))
