"""Sliders: bounds, steps and what is chosen."""

from decimal import Decimal

import pytest
from unit.mofang_spawner.conftest import a_project, an_environment

from mofang_hub.pages.link import Link
from mofang_hub.pages.remedies import all_remedies, find_remedy
from mofang_hub.pages.sizes import next_memory, number, read_sizes, say
from mofang_spawner import server_failure

GIB = 1024**3
RESOURCES = {
    "cpu": {"default": "500m", "min": "250m", "max": "6"},
    "memory": {"default": "2Gi", "min": "1Gi", "max": "8Gi"},
    "gpu": {"default": 1, "min": 0, "max": 4},
}


def sizes(values=None, quota=None, left=None, faults=None, **resources):
    environment = an_environment(resources={**RESOURCES, **resources})
    found = read_sizes(
        environment.resources,
        a_project(quota=quota or {}),
        Link(**(values or {})),
        faults=faults or {},
        left=left or {},
    )
    return {each.name: each for each in found}


def test_a_slider_has_round_steps_its_bounds_and_the_default():
    found = sizes()

    assert [number(each) for each in found["memory"].steps] == [
        *("1", "1.5", "2", "3", "4", "6", "8")
    ]
    assert [number(each) for each in found["cpu"].steps] == [
        *("0.25", "0.37", "0.5", "0.75", "1", "1.5", "2", "3", "4", "6")
    ]
    assert found["gpu"].steps == [0, 1, 2, 3, 4]


def test_bounds_that_are_not_round_can_be_chosen():
    memory = {"default": "2500Mi", "min": "700Mi", "max": "5Gi"}
    steps = sizes(memory=memory)["memory"].steps

    assert (steps[0], steps[-1]) == (Decimal(700) / 1024, 5)
    assert Decimal(2500) / 1024 in steps


def test_what_is_chosen_is_shown_in_the_unit_of_the_slider():
    found = sizes({"memory": "3072Mi", "cpu": "1500m"})

    assert (found["memory"].value, found["cpu"].value) == (3, Decimal("1.5"))
    assert found["memory"].steps[found["memory"].position] == 3
    assert found["gpu"].value == 1, "the default"


@pytest.mark.parametrize("given", ["lots", "-1", "NaN", "4 GB"])
def test_what_is_no_quantity_is_sent_again_and_shown_as_the_default(given):
    found = sizes({"memory": given}, faults={"memory": "Not a quantity."})["memory"]

    assert (found.given, found.value, found.fault) == (given, 2, "Not a quantity.")


@pytest.mark.parametrize("given", ["99", "1e", "0"])
def test_a_slider_stays_on_itself_whatever_was_asked(given):
    found = sizes({"cpu": given})["cpu"]

    assert 0 <= found.position < len(found.steps)


def test_a_quota_below_the_environments_bound_bounds():
    found = sizes(quota={"cpu": "2", "memory": "4Gi", "gpu": 2})

    assert [each.high for each in found.values()] == [2, 4, 2]


def test_the_hint_says_what_the_quota_has_left():
    left = {"memory": Decimal(3 * GIB), "nvidia.com/gpu": Decimal(1)}
    found = sizes(quota={"memory": "16Gi", "gpu": 4}, left=left)

    assert found["memory"].hint == "1 to 8 GiB, 3 left in the quota"
    assert found["gpu"].hint == "0 to 4 GPUs, 1 left in the quota"


def test_what_cannot_be_chosen_is_only_said():
    found = sizes(cpu={"default": "1"})["cpu"]

    assert found.is_fixed
    assert found.hint == "1 core"


def test_a_quota_below_the_least_leaves_nothing_to_choose():
    assert sizes(quota={"memory": "512Mi"})["memory"].is_fixed


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1", "1 core"),
        ("1.50", "1.5 cores"),
        ("0.125", "0.12 cores"),
        ("20", "20 cores"),
    ],
)
def test_amounts_as_people_say_them(amount, text):
    assert say(Decimal(amount), "cores") == text


# -- the button that helps


def remedy(reason, **options):
    return find_remedy(reason, list(sizes(**options).values()))


@pytest.mark.parametrize(
    ("memory", "label", "sent"),
    [
        ("", "Restart with 4 GiB", "4Gi"),
        ("4Gi", "Restart with 8 GiB", "8Gi"),
        ("6Gi", "Restart with 8 GiB", "8Gi"),
        ("1536Mi", "Restart with 3 GiB", "3Gi"),
    ],
)
def test_out_of_memory_offers_twice_as_much_within_bounds(memory, label, sent):
    found = remedy(server_failure.MEMORY, values={"memory": memory})

    assert (found.label, found.fields) == (label, {"memory": sent})


def test_the_most_memory_is_said_to_be_the_most():
    found = remedy(server_failure.MEMORY, values={"memory": "8Gi"})

    assert found.label == ""
    assert found.note.startswith("8 GiB is the most that it may have.")
    assert next_memory(sizes({"memory": "8Gi"})["memory"]) is None


def test_a_quota_that_has_room_for_less_offers_less():
    left = {"cpu": Decimal("0.3"), "memory": Decimal(GIB)}
    found = remedy(server_failure.QUOTA, left=left)

    assert found.label == "Start with less: 0.25 cores, 1 GiB"
    assert found.fields == {"cpu": "0.25", "memory": "1Gi", "gpu": "0"}


def test_a_quota_without_room_leads_to_what_could_be_stopped():
    found = remedy(server_failure.QUOTA, left={"memory": Decimal(0)})

    assert found.leads_to_gallery
    assert "Stop a server" in found.note


def test_what_helps_is_there_for_each_failure_before_it_happens():
    found = {each.reason for each in all_remedies(list(sizes().values()))}

    assert found == {
        *("memory", "cache", "evicted", "image", "quota_exceeded", "timeout"),
        *("queue_timeout", "interrupted"),
    }
    assert remedy(server_failure.EXIT) is None, "safe mode has a form of its own"
