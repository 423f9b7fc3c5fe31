"""A saved environment is its base with packages: who starts it, and what pods get."""

import pytest
from unit.mofang_spawner.conftest import (
    a_catalog,
    a_project,
    environment_body,
    project_body,
)

from mofang_kube.errors import InvalidError, NotFoundError
from mofang_spawner.environments.policy import can_use
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve
from mofang_spawner.pods import apply_plan

DIGEST = "ab" * 32


def saved_body(name="shapes", versions=(1,), ready=None, **saved):
    listed = [
        {
            "version": number,
            "digest": DIGEST,
            "user": "ada",
            "notes": f"note {number}",
            "saved": "2026-11-30T12:00:00Z",
        }
        for number in versions
    ]
    states = [
        {
            "version": number,
            "digest": DIGEST,
            "phase": "Ready",
            "bytes": 1000,
            "files": 10,
            "packages": 2,
        }
        for number in (versions if ready is None else ready)
    ]
    spec = {
        "owner": "ada",
        "project": "vision",
        "base": "pytorch",
        "visibility": "project",
        "current": max(versions),
        "versions": listed,
        **saved,
    }
    body = environment_body(
        name, access={"projects": ["vision"]}, saved=spec, displayName="Shapes"
    )
    return {**body, "status": {"saved": states}}


def find(*bodies, name="shapes"):
    return a_catalog(environments=[environment_body(), *bodies]).find_environment(name)


def plan(*bodies, username="ada", environment="shapes"):
    members = [{"user": name, "role": "member"} for name in ("ada", "ben")]
    catalog = a_catalog([project_body(members=members)], [environment_body(), *bodies])
    return resolve(
        ServerOptions(project="vision", environment=environment),
        catalog,
        username=username,
        groups=set(),
        server=f"vision-{environment}",
    )


def test_it_is_its_base_with_packages():
    base = environment_body(env={"A": "1"}, versions=[])
    found = a_catalog(environments=[base, saved_body()]).find_environment("shapes")
    assert found.display_name == "Shapes"
    assert found.image == "docker.io/mofang/pytorch:1"
    assert found.env == {"A": "1"}
    assert found.packages.sub_path == "vision/shapes/1"
    assert found.unavailable is None


@pytest.mark.parametrize(
    ("saved", "username", "project", "may"),
    [
        ({"visibility": "private"}, "ada", "vision", True),
        ({"visibility": "private"}, "ben", "vision", False),
        ({"visibility": "private"}, "ada", "speech", False),
        ({"visibility": "project"}, "ben", "vision", True),
        ({"visibility": "project"}, "ben", "speech", False),
        ({"visibility": "everyone"}, "ben", "vision", True),
        ({"visibility": "everyone"}, "ben", "speech", False),
        ({"visibility": "everyone", "approvedBy": "root"}, "ben", "speech", True),
    ],
)
def test_who_may_start_it(saved, username, project, may):
    found = find(saved_body(**saved))
    assert can_use(found, a_project(project), set(), username) is may


def test_it_is_no_way_around_the_access_to_its_base():
    base = environment_body(access={"groups": ["gpu"]})
    catalog = a_catalog(environments=[base, saved_body()])
    found = catalog.find_environment("shapes")
    assert not can_use(found, a_project(), set(), "ada")
    assert can_use(found, a_project(), {"gpu"}, "ada")


def test_the_gallery_lists_it_after_the_catalogue():
    catalog = a_catalog(environments=[saved_body("a-shapes"), environment_body()])
    listed = catalog.list_environments(a_project(), set(), "ben")
    assert [each.name for each in listed] == ["pytorch", "a-shapes"]


def test_a_version_that_is_not_stored_is_not_used():
    assert find(saved_body(versions=(1, 2), ready=(1,))).packages.version == 1
    waiting = find(saved_body(ready=()))
    assert waiting.packages is None
    assert waiting.unavailable.label == "Preparing"


def test_going_back_uses_the_earlier_version():
    assert find(saved_body(versions=(1, 2), current=1)).packages.version == 1


def test_a_state_of_other_content_does_not_count():
    """A number may be given again after a version was removed."""
    body = saved_body()
    body["status"]["saved"][0]["digest"] = "cd" * 32
    assert find(body).packages is None


def test_why_it_was_not_stored_is_told():
    body = saved_body(ready=())
    failed = {
        "version": 1,
        "digest": DIGEST,
        "phase": "Failed",
        "message": "It is bad.",
    }
    body["status"] = {"saved": [failed]}
    with pytest.raises(InvalidError, match=r"cannot be started\. It is bad\."):
        plan(body)


def test_a_base_that_is_gone_is_told():
    found = a_catalog(environments=[saved_body()]).find_environment("shapes")
    assert found.unavailable.label == "Not available"
    assert "The environment pytorch, of which it was saved, is gone" in (
        found.unavailable.message
    )


def test_somebody_elses_private_one_is_unknown():
    with pytest.raises(NotFoundError):
        plan(saved_body(visibility="private"), username="ben")


def pod_of(found):
    pod = {
        "metadata": {"name": "jupyter-ada"},
        "spec": {"containers": [{"name": "notebook", "args": ["mofang-start"]}]},
    }
    return apply_plan(pod, found, secret_name="s", api_url="http://training")


def test_its_pod_mounts_one_version_and_cannot_write_to_it():
    spec = pod_of(plan(saved_body()))["spec"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    claim = volumes["mofang-environments"]["persistentVolumeClaim"]
    assert claim == {"claimName": "mofang-environments", "readOnly": True}
    [container] = spec["containers"]
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    assert mounts["mofang-environments"] == {
        "name": "mofang-environments",
        "mountPath": "/var/lib/mofang/environment/archives",
        "subPath": "vision/shapes/1",
        "readOnly": True,
    }
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["MOFANG_ENVIRONMENT"] == "shapes"
    assert variables["MOFANG_BASE_ENVIRONMENT"] == "pytorch"
    assert variables["MOFANG_SAVED_DIGEST"] == DIGEST


def test_its_pod_may_write_as_much_more_as_the_files_take():
    def limit(found):
        [container] = pod_of(found)["spec"]["containers"]
        return int(container["resources"]["limits"]["ephemeral-storage"])

    packages = plan(saved_body()).environment.packages
    plain = limit(plan(environment="pytorch"))
    assert limit(plan(saved_body())) == plain + packages.disk_bytes
    volumes = pod_of(plan(saved_body()))["spec"]["volumes"]
    [files] = [each for each in volumes if each["name"] == "saved-environment"]
    assert files["emptyDir"] == {"sizeLimit": str(packages.disk_bytes)}


def test_what_is_offered_to_everyone_has_a_place_of_its_own():
    saved = {"visibility": "everyone", "approvedBy": "root"}
    found = find(saved_body(**saved))
    assert found.packages.sub_path == "0-everyone/shapes/1"


def test_other_environments_mount_no_store():
    spec = pod_of(plan(environment="pytorch"))["spec"]
    assert not [e for e in spec["volumes"] if "environment" in e["name"]]
    [container] = spec["containers"]
    assert not [each for each in container["env"] if "SAVED" in each["name"]]
