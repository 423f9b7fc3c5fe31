"""What the catalogue finds, and how often it reads what has not changed."""

from unit.mofang_spawner.conftest import a_catalog, environment_body, project_body

from mofang_spawner.environments.models import Project


def test_an_object_is_parsed_again_only_once_it_has_changed():
    catalog = a_catalog()

    before = catalog.find_project("vision")
    assert catalog.find_project("vision") is before
    catalog.watchers[1].put(project_body(displayName="Renamed"))
    after = catalog.find_project("vision")

    assert after is not None
    assert after.display_name == "Renamed"
    assert catalog.find_project("vision") is after


def test_what_is_gone_is_not_found():
    catalog = a_catalog()
    assert catalog.find_environment("pytorch")

    catalog.watchers[0].send("DELETED", environment_body())

    assert catalog.find_environment("pytorch") is None
    assert catalog.list_environments(Project.parse(project_body()), set(), "ada") == []


def test_what_cannot_be_read_is_left_out_alone(caplog):
    broken = {**environment_body("broken"), "spec": {"image": 3}}
    catalog = a_catalog(environments=[broken, environment_body("pytorch")])

    assert catalog.find_environment("broken") is None
    found = catalog.list_environments(Project.parse(project_body()), set(), "ada")

    assert [each.name for each in found] == ["pytorch"]
    assert "Environment broken is left out" in caplog.text
