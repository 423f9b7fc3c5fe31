import pytest

from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.errors import InvalidError
from mofang_spawner.environments.models import Resources
from mofang_spawner.environments.sizing import resolve_sizes
from mofang_spawner.options import ServerOptions

CPU = {"default": "0.5", "min": "0.25", "max": "2"}
MEMORY = {"default": "2Gi", "min": "1Gi", "max": "8Gi"}
GPU = {"default": 1, "min": 1, "max": 4}


BY_RESOURCES = EphemeralStorage.model_validate(
    {
        "cache": [
            {"gpu": 8, "size": "3T"},
            {"gpu": 1, "size": "800G"},
            {"size": "50G"},
        ]
    }
)


def sizes(asked=None, storage=EphemeralStorage(), **bounds):  # noqa: B008 - frozen
    given = {"cpu": CPU, "memory": MEMORY, "gpu": GPU, **bounds}
    options = ServerOptions(project="p", environment="e", **(asked or {}))
    return resolve_sizes(Resources.model_validate(given), options, storage)


def test_one_click_takes_the_defaults():
    found = sizes(cache={"default": "10Gi"})

    assert (found.cpu, found.memory, found.gpu) == ("0.5", "2Gi", 1)
    assert (found.cpu_limit, found.cache) == ("2", "10Gi")


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        pytest.param({"cpu": "0.25"}, True, id="the least cpu"),
        pytest.param({"cpu": "250m"}, True, id="the least cpu, in thousandths"),
        pytest.param({"cpu": "249m"}, False, id="a little less"),
        pytest.param({"cpu": "2"}, True, id="the most cpu"),
        pytest.param({"cpu": "2001m"}, False, id="a little more"),
        pytest.param({"cpu": "0"}, False, id="no cpu"),
        pytest.param({"cpu": "lots"}, False, id="cpu in words"),
        pytest.param({"cpu": "1e-7"}, False, id="cpu in powers"),
        pytest.param({"memory": "1Gi"}, True, id="the least memory"),
        pytest.param({"memory": "1024Mi"}, True, id="the same in mebi"),
        pytest.param({"memory": "1G"}, False, id="a gigabyte is less than a gibibyte"),
        pytest.param({"memory": "8Gi"}, True, id="the most memory"),
        pytest.param({"memory": "8193Mi"}, False, id="one mebibyte more"),
        pytest.param({"memory": "-1Gi"}, False, id="memory below zero"),
        pytest.param({"gpu": 1}, True, id="the fewest gpus"),
        pytest.param({"gpu": 0}, False, id="none where one is the least"),
        pytest.param({"gpu": 4}, True, id="the most gpus"),
        pytest.param({"gpu": 5}, False, id="one gpu more"),
    ],
)
def test_sizes_stay_within_their_bounds(asked, allowed):
    ((field, amount),) = asked.items()
    if allowed:
        assert getattr(sizes(asked), field) == amount
        return
    with pytest.raises(InvalidError) as caught:
        sizes(asked)
    assert list(caught.value.fields) == [field]


def test_a_refusal_says_what_to_ask_for():
    with pytest.raises(InvalidError, match=r"Memory: .* Ask for 1Gi to 8Gi"):
        sizes({"memory": "16Gi"})


def test_without_bounds_only_the_default_is_to_be_had():
    assert sizes(cpu={"default": "1"}).cpu == "1"
    with pytest.raises(InvalidError):
        sizes({"cpu": "2"}, cpu={"default": "1"})


@pytest.mark.parametrize(
    ("cpu", "limit"),
    [
        pytest.param({"default": "1"}, "1", id="the request without a bound"),
        pytest.param({"default": "1", "max": "4"}, "4", id="the most one may ask for"),
        pytest.param({"default": "1", "max": "4", "limit": "8"}, "8", id="its own"),
        pytest.param({"default": "2", "limit": "1"}, "2", id="never below the request"),
    ],
)
def test_the_limit_of_cpu(cpu, limit):
    assert sizes(cpu=cpu).cpu_limit == limit


@pytest.mark.parametrize(
    "cpu",
    [
        pytest.param({"default": 1, "max": 2}, id="whole numbers"),
        pytest.param({"default": 0.5, "max": 2}, id="broken numbers"),
    ],
)
def test_bounds_written_as_numbers_are_read(cpu):
    """YAML reads ``default: 1`` as a number."""
    assert sizes(cpu=cpu).cpu == str(cpu["default"])


def test_nine_tenths_of_the_cache_are_usable():
    """The kubelet looks at it now and then only; no program should get that far."""
    assert sizes(cache={"default": "10Gi"}).cache_usable_bytes == 9663676416


def test_resources_decide_the_size_of_the_cache_where_the_environment_does_not():
    gpu = {"default": 0, "max": 8}
    assert sizes().cache == "5Gi"
    assert sizes(gpu=gpu, storage=BY_RESOURCES).cache == "50G"
    assert sizes({"gpu": 1}, gpu=gpu, storage=BY_RESOURCES).cache == "800G"
    assert sizes({"gpu": 8}, gpu=gpu, storage=BY_RESOURCES).cache == "3T"
    assert sizes(cache={"default": "7Gi"}, gpu=gpu, storage=BY_RESOURCES).cache == "7Gi"
    assert sizes(cache={"default": "0"}, storage=BY_RESOURCES).cache == ""
