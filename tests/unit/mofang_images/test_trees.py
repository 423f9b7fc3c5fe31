import json
from pathlib import Path

import pytest

from mofang_images import trees
from mofang_images.errors import SourceError
from mofang_images.trees import folder_digest, input_files, project_digest

REPOSITORY = Path(trees.__file__).parents[2]


def test_what_tools_leave_and_people_read_does_not_count(tmp_path):
    for name in [
        "package.json",
        "src/index.ts",
        "src/lib/kept.ts",
        "lib/index.js",
        "node_modules/left-pad/index.js",
        "mofang_training/labextension/static/remote.js",
        "mofang_training/handlers.py",
        "mofang_training/__pycache__/handlers.cpython-311.pyc",
        "README.md",
        "requirements.in",
        "overrides.txt",
    ]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    counted = [file.relative_to(tmp_path).as_posix() for file in input_files(tmp_path)]

    assert counted == [
        "mofang_training/handlers.py",
        "package.json",
        "src/index.ts",
        "src/lib/kept.ts",
    ]


def test_contents_names_and_the_executable_bit_count(tmp_path):
    file = tmp_path / "start"
    file.write_text("one")
    digests = [folder_digest(tmp_path)]

    file.write_text("two")
    digests.append(folder_digest(tmp_path))
    file.chmod(0o755)
    digests.append(folder_digest(tmp_path))
    file.rename(tmp_path / "begin")
    digests.append(folder_digest(tmp_path))

    assert len(set(digests)) == 4


def test_when_a_file_was_written_does_not_count(tmp_path):
    file = tmp_path / "start"
    file.write_text("one")
    before = folder_digest(tmp_path)

    file.unlink()
    file.write_text("one")

    assert folder_digest(tmp_path) == before


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        folder_digest(tmp_path / "nowhere")


def test_a_folder_to_be_read_brings_its_readmes(tmp_path):
    (tmp_path / "README.md").write_text("Read me.")

    assert input_files(tmp_path) == []
    assert input_files(tmp_path, for_people=True) == [tmp_path / "README.md"]


@pytest.fixture
def workspace(tmp_path):
    """Two extensions of which one depends on the package beside them."""

    def package(name, **dependencies):
        file = tmp_path / name / "package.json"
        file.parent.mkdir()
        file.write_text(json.dumps({"name": name, "dependencies": dependencies}))

    package("shared")
    package("training", shared="workspace:*", react="^18.2.0")
    package("alone", react="^18.2.0")
    (tmp_path / "yarn.lock").write_text("react: 18.2.0")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["training/index.ts", "shared/request.ts", "yarn.lock", "tsconfig.base.json"],
)
def test_what_an_extension_shares_with_others_counts_for_its_wheel(workspace, name):
    before = project_digest(workspace / "training")

    (workspace / name).write_text("changed")

    assert project_digest(workspace / "training") != before


@pytest.mark.parametrize("name", ["shared/lib/index.js", "alone/index.ts", "README.md"])
def test_what_is_not_built_into_an_extension_does_not_count(workspace, name):
    before = project_digest(workspace / "training")

    (workspace / name).parent.mkdir(exist_ok=True)
    (workspace / name).write_text("changed")

    assert project_digest(workspace / "training") == before


def test_a_project_that_shares_nothing_is_its_folder_alone(workspace):
    assert project_digest(workspace / "alone") == folder_digest(workspace / "alone")


def test_a_package_that_is_not_in_the_workspace_is_named(workspace):
    (workspace / "shared" / "package.json").unlink()

    with pytest.raises(SourceError, match="shared"):
        project_digest(workspace / "training")


@pytest.mark.parametrize("name", ["training", "cloudshell", "tensorboard", "files"])
def test_our_extensions_count_the_shared_package(name):
    extension = REPOSITORY / "extensions" / name

    assert project_digest(extension) != folder_digest(extension)
