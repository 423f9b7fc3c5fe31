"""Which environment a job runs, and what is said where it cannot."""

from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_api.models import JobSpec
from mofang_jobs.domain.environments import check_image, resolve_image, show_environment
from mofang_spawner.environments.availability import Unavailable
from mofang_spawner.environments.models import Environment

IMAGE = "docker.io/mofang/pytorch:1"
OLD = "docker.io/mofang/pytorch:0"


def environment(image: str = IMAGE, *frameworks: str, **facts: Any) -> Environment:
    return Environment.model_validate(
        {
            "name": "pytorch",
            "displayName": "PyTorch",
            "image": image,
            "frameworks": frameworks,
            "access": {"everyone": True},
            "resources": {"cpu": {"default": "1"}, "memory": {"default": "1Gi"}},
            **facts,
        }
    )


CATALOG = [
    environment("docker.io/mofang/base:1", "single", name="base", displayName="Python"),
    environment(IMAGE, "pytorch", "single"),
    environment(IMAGE, "pytorch", name="pytorch-gpu", displayName="PyTorch on GPUs"),
]


def named(name: str, **asked: Any) -> JobSpec:
    return make_spec(**{"image": "", "environment": name, **asked})


def faults_of(spec: JobSpec, *own: str, allow_any: bool = False) -> dict[str, str]:
    return check_image(spec, CATALOG, own_images=own, allow_any=allow_any)


def test_a_name_stands_for_the_image_that_the_environment_has_now() -> None:
    spec, found = resolve_image(named("pytorch-gpu"), CATALOG)

    assert (spec.image, spec.environment) == (IMAGE, "pytorch-gpu")
    assert found is CATALOG[2]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        pytest.param(None, "pytorch", id="the first that has the image"),
        pytest.param("pytorch-gpu", "pytorch-gpu", id="the one of these it names"),
        pytest.param("gone", "gone", id="its own word stays"),
    ],
)
def test_an_image_tells_the_environment(name: str | None, known: str) -> None:
    """Later attempts have the same packages, and know the job alone."""
    spec, _ = resolve_image(make_spec(environment=name), CATALOG)

    assert (spec.image, spec.environment) == (IMAGE, known)


def test_what_is_of_no_environment_stays_as_it_is() -> None:
    for spec in (named("gone"), make_spec(image=OLD), named("pytorch", image=OLD)):
        assert resolve_image(spec, CATALOG) == (spec, None)


@pytest.mark.parametrize(
    ("spec", "own", "field", "text"),
    [
        pytest.param(named("pytorch"), [], None, None, id="by name"),
        pytest.param(
            named("pytorch", image=IMAGE), [], None, None, id="name and image"
        ),
        pytest.param(
            named("base"),
            [],
            "environment",
            "Environment base does not list pytorch. Choose one of: pytorch, "
            "pytorch-gpu.",
            id="named, for another framework",
        ),
        pytest.param(
            make_spec(image=CATALOG[0].image),
            [],
            "image",
            "Environment base does not list pytorch. Choose one of: pytorch, "
            "pytorch-gpu.",
            id="its image, for another framework",
        ),
        pytest.param(
            named("pytorch", framework="spark"),
            [],
            "environment",
            "Environment pytorch does not list spark, nor does any other that you may "
            "use. Ask an administrator for one that does.",
            id="a framework that nobody lists",
        ),
        pytest.param(
            named("pytorhc"),
            [],
            "environment",
            "There is no environment pytorhc that you may use in this project. For "
            "pytorch jobs, choose one of: pytorch, pytorch-gpu. Others are base.",
            id="a name that does not exist",
        ),
        pytest.param(
            named("pytorhc", image=IMAGE),
            [],
            "environment",
            "There is no environment pytorhc that you may use in this project. For "
            "pytorch jobs, choose one of: pytorch, pytorch-gpu. Others are base.",
            id="such a name with an image",
        ),
        pytest.param(
            named("pytorhc", framework="spark"),
            [],
            "environment",
            "There is no environment pytorhc that you may use in this project. There "
            "are base, pytorch, pytorch-gpu.",
            id="a name and a framework that do not exist",
        ),
        pytest.param(
            named("base", image=IMAGE),
            [],
            "image",
            "The environment base does not have this image now; it has "
            "docker.io/mofang/base:1. Leave the image out to run that, or leave out "
            "the environment's name.",
            id="name and image contradict each other",
        ),
        pytest.param(
            named("pytorch", image=OLD),
            [OLD],
            None,
            None,
            id="from a server that is older than its environment",
        ),
        pytest.param(
            make_spec(image=OLD),
            [],
            "image",
            "This image belongs to no environment that you may use. Choose an "
            "environment by its name (base, pytorch, pytorch-gpu), or ask an "
            "administrator to add one for this image.",
            id="nobody's image",
        ),
    ],
)
def test_what_is_said_of_names_and_images(
    spec: JobSpec, own: list[str], field: str | None, text: str | None
) -> None:
    assert faults_of(spec, *own) == ({field: text} if field else {})


def test_any_image_is_none_that_contradicts_a_name() -> None:
    assert faults_of(make_spec(image=OLD), allow_any=True) == {}
    assert set(faults_of(named("base", image=OLD), allow_any=True)) == {"image"}


def test_those_that_can_be_used_now_are_offered() -> None:
    reason = Unavailable(reason="Building", message="3 of 9 are ready.")
    gpu = CATALOG[2].model_copy(update={"unavailable": reason})
    environments = [*CATALOG[:2], gpu]

    faults = check_image(named("base"), environments, own_images=[], allow_any=False)
    waits = check_image(
        named("pytorch-gpu"), environments, own_images=[], allow_any=False
    )

    assert faults["environment"].endswith("Choose one of: pytorch.")
    assert "PyTorch on GPUs is not available yet." in waits["environment"]


def test_callers_see_names_sizes_and_why_it_cannot_be_used() -> None:
    reason = Unavailable(reason="Building", message="3 of 9 are ready.")
    found = environment(IMAGE, "pytorch", env={"A": "b"}, unavailable=reason)

    assert show_environment(found).model_dump() == {
        "name": "pytorch",
        "display_name": "PyTorch",
        "description": "",
        "frameworks": ["pytorch"],
        "image": IMAGE,
        "resources": {
            "cpu": {"default": "1", "min": None, "max": None},
            "memory": {"default": "1Gi", "min": None, "max": None},
            "gpu": {"default": 0, "min": 0, "max": 0},
        },
        "unavailable_reason": "3 of 9 are ready.",
    }


@pytest.mark.parametrize(
    ("environments", "own", "allow_any", "is_refused"),
    [
        pytest.param(
            [environment(IMAGE, "pytorch")], [], False, False, id="its environment's"
        ),
        pytest.param(
            [environment(IMAGE)], [], False, True, id="cannot run the framework"
        ),
        pytest.param(
            [environment(IMAGE), environment(IMAGE, "pytorch")],
            [],
            False,
            False,
            id="one of two can",
        ),
        pytest.param(
            [environment("other:1", "pytorch")], [], False, True, id="nobody's"
        ),
        pytest.param([], [IMAGE], False, False, id="that of the own running server"),
        pytest.param([], [], True, False, id="any, where the platform lets it"),
    ],
)
def test_images(
    environments: list[Environment], own: list[str], allow_any: bool, is_refused: bool
) -> None:
    faults = check_image(make_spec(), environments, own_images=own, allow_any=allow_any)

    assert bool(faults) is is_refused


UNAVAILABLE = Unavailable(reason="Building", message="3 of 9 are ready.")


@pytest.mark.parametrize(
    ("reasons", "is_refused"),
    [
        pytest.param([UNAVAILABLE], True, id="not there"),
        pytest.param([None], False, id="there"),
        pytest.param([UNAVAILABLE, None], False, id="there for another environment"),
        pytest.param([UNAVAILABLE, UNAVAILABLE], True, id="there for none of two"),
    ],
)
def test_an_image_that_is_not_there_yet(
    reasons: list[Unavailable | None], is_refused: bool
) -> None:
    environments = [
        environment(IMAGE, "pytorch").model_copy(update={"unavailable": each})
        for each in reasons
    ]

    faults = check_image(make_spec(), environments, own_images=[], allow_any=True)

    assert bool(faults) is is_refused
    if is_refused:
        assert "PyTorch is not available yet. 3 of 9 are ready." in faults["image"]
