"""What a server uses, from control groups of both versions as Linux shows them."""

import pytest
from unit.mofang_training.notebook import running_notebook

from mofang_training.meter import CGROUP_SETTING, read_usage

METER = "mofang/training/api/meter"


def write(root, **files):
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.fixture
def version_2(tmp_path):
    return write(
        tmp_path / "v2",
        memory_DOT_current="500000000\n",
        memory_DOT_stat="anon 1\ninactive_file 200000000\n",
        memory_DOT_max="1073741824\n",
        cpu_DOT_stat="usage_usec 12500000\n",
        cpu_DOT_max="150000 100000\n",
    )


@pytest.fixture
def version_1(tmp_path):
    return write(
        tmp_path / "v1",
        memory__memory_DOT_usage_in_bytes="500000000\n",
        memory__memory_DOT_stat="total_inactive_file 200000000\n",
        memory__memory_DOT_limit_in_bytes="1073741824\n",
        cpuacct__cpuacct_DOT_usage="12500000000\n",
        cpu__cpu_DOT_cfs_quota_us="150000\n",
        cpu__cpu_DOT_cfs_period_us="100000\n",
    )


@pytest.mark.parametrize("version", ["version_1", "version_2"])
def test_memory_and_cpu_are_those_of_the_container(version, request):
    usage = read_usage(request.getfixturevalue(version))

    assert (usage.memory_bytes, usage.memory_limit_bytes) == (300_000_000, 2**30)
    assert usage.cpu_seconds == 12.5
    assert 1 <= usage.cores <= 2


@pytest.mark.parametrize(
    ("version", "file", "content"),
    [
        ("version_2", "memory.max", "max\n"),
        ("version_1", "memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ],
)
def test_a_group_without_a_limit_is_the_machines(version, file, content, request):
    root = request.getfixturevalue(version)
    (root / file).write_text(content)

    assert read_usage(root) is None


def test_without_control_groups_nothing_is_said(tmp_path):
    assert read_usage(tmp_path) is None


async def test_the_server_tells_its_own_page_alone(monkeypatch, tmp_path, version_2):
    async with running_notebook(monkeypatch, tmp_path, "mofang_training") as notebook:
        notebook.app.web_app.settings[CGROUP_SETTING] = version_2
        async with notebook.client() as http:
            answer = await http.get(METER)
        async with notebook.client(token=None) as http:
            stranger = await http.get(METER)
        notebook.app.web_app.settings[CGROUP_SETTING] = tmp_path
        async with notebook.client() as http:
            unknown = await http.get(METER)

    assert answer.json()["memory_limit_bytes"] == 2**30
    assert stranger.status_code in {401, 403}
    assert (unknown.status_code, unknown.json()["error"]) == (503, "not_on_platform")
