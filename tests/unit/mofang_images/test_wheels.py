from mofang_images.trees import folder_digest
from mofang_images.wheels import wheel_of


def test_a_wheel_is_built_once_per_state_of_its_sources(store, tmp_path):
    """A wheel that is there is used without running anything."""
    project = tmp_path / "extensions" / "client" / "mofang"
    project.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    digest = folder_digest(project)
    kept = store.wheels("extensions/client/mofang", digest)
    kept.mkdir(parents=True)
    (kept / "mofang-0.1.0-py3-none-any.whl").touch()

    wheel = wheel_of("extensions/client/mofang", tmp_path, store)

    assert wheel.digest == digest
    assert wheel.path == kept / "mofang-0.1.0-py3-none-any.whl"


def test_projects_of_one_name_in_different_folders_stay_apart(store):
    assert store.wheels("hub", "1") != store.wheels("extensions/hub", "1")
