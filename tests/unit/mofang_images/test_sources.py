import pytest

from mofang_images.errors import SourceError
from mofang_images.sources import (
    folder_digest,
    input_files,
    read_sources,
    with_parents,
)


def test_parents_come_before_their_children(declare):
    declare("a-child", parent="parent")
    declare("grandchild", parent="a-child")
    images = declare("parent")

    assert list(read_sources(images)) == ["parent", "a-child", "grandchild"]


def test_an_image_is_asked_for_with_its_ancestors_only(declare):
    declare("base")
    declare("hub")
    images = declare("pytorch", parent="base")

    assert list(with_parents(read_sources(images), ["pytorch"])) == ["base", "pytorch"]


def test_an_image_that_is_its_own_ancestor_is_refused(declare):
    declare("hen", parent="egg")
    images = declare("egg", parent="hen")

    with pytest.raises(SourceError, match="its own ancestor"):
        read_sources(images)


def test_an_unknown_name_is_answered_with_the_known_ones(declare):
    sources = read_sources(declare("base"))

    with pytest.raises(SourceError, match=r"No image is called bsae; there are base\."):
        with_parents(sources, ["bsae"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            'parent = "debian"\nprojects = []\n', "revision", id="something missing"
        ),
        pytest.param(
            'parent = "debian"\nprojects = []\nrevision = 1\nuser = "root"\n',
            "user",
            id="something too many",
        ),
    ],
)
def test_an_incomplete_declaration_is_refused(declare, text, complaint):
    images = declare("base")
    (images / "base" / "image.toml").write_text(text)

    with pytest.raises(SourceError, match=complaint):
        read_sources(images)


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
