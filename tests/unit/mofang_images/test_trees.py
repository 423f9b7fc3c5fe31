import pytest

from mofang_images.errors import SourceError
from mofang_images.trees import folder_digest, input_files


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
