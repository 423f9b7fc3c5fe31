import pytest
from unit.mofang_spawner.conftest import (
    a_catalog,
    a_plan,
    environment_body,
    project_body,
)

from mofang_kube.errors import InvalidError, NotFoundError
from mofang_kube.names import debug_server_name
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve

OPTIONS = ServerOptions(project="vision", environment="pytorch")


def choose(server="vision-pytorch", catalog=None, options=OPTIONS):
    return resolve(
        options, catalog or a_catalog(), username="ada", groups=set(), server=server
    )


@pytest.mark.parametrize(
    ("server", "said"),
    [
        pytest.param("", "the default server", id="the default server"),
        pytest.param("mine", "mine", id="a name of one's own"),
        pytest.param("vision-base", "vision-base", id="another environment's"),
    ],
)
def test_a_server_of_another_name_is_told_its_right_one(server, said):
    with pytest.raises(InvalidError, match="start the server vision-pytorch") as caught:
        choose(server)

    assert said in caught.value.message
    assert caught.value.fields == {"server": "must be vision-pytorch"}


def test_a_server_that_looks_into_a_job_has_a_name_of_its_own():
    options = OPTIONS.model_copy(update={"job": "train-abc123"})
    name = debug_server_name("vision", "train-abc123")

    assert choose(name, options=options).job == "train-abc123"
    assert len(name) <= 30
    with pytest.raises(InvalidError, match="The job train-abc123"):
        choose("vision-pytorch", options=options)
    with pytest.raises(InvalidError, match="start the server vision-pytorch"):
        choose(name)


@pytest.mark.parametrize("job", ["../../x", "train", "Train-abc123", "a" * 41])
def test_what_is_no_job_is_refused(job):
    with pytest.raises(InvalidError) as caught:
        ServerOptions.parse({"project": "a", "environment": "b", "job": job})
    assert "job" in caught.value.fields


def test_a_choice_is_settled_whole():
    plan = a_plan(cpu="1")

    assert (plan.username, plan.project.name) == ("ada", "vision")
    assert plan.environment.name == "pytorch"
    assert plan.sizes.cpu == "1"
    assert len(plan.grants) == 3


def test_membership_is_checked_before_the_environment():
    """An outsider learns nothing of what a project may start."""
    catalog = a_catalog([project_body(members=[])], [])

    with pytest.raises(NotFoundError, match="There is no project vision"):
        choose(catalog=catalog)


def test_an_unreadable_resource_is_as_good_as_none(caplog):
    """One bad object in the catalogue does not take the others with it."""
    bad = environment_body("bad", resources={"cpu": {}})
    catalog = a_catalog(environments=[bad, environment_body()])
    project = catalog.find_project("vision")

    assert [each.name for each in catalog.list_environments(project, set(), "ada")] == [
        "pytorch"
    ]
    assert "bad" in caplog.text


def test_a_resource_is_known_by_its_own_name():
    """``spec.name`` is no way to pose as another."""
    body = environment_body("mine")
    body["spec"]["name"] = "pytorch"
    catalog = a_catalog(environments=[body])

    assert catalog.find_environment("mine").name == "mine"
    assert catalog.find_environment("pytorch") is None


def test_the_gallery_lists_only_ones_own_projects_by_title():
    catalog = a_catalog(
        [
            project_body("b", displayName="zebra"),
            project_body("a", displayName="Ant"),
            project_body("c", members=[]),
        ]
    )

    assert [each.name for each in catalog.list_projects("ada", set())] == ["a", "b"]
