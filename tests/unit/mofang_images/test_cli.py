import json
from pathlib import Path

from mofang_images.build import BuiltImage, Part
from mofang_images.cli import built_as_json, main


def test_what_was_built_is_told_to_programs_by_name():
    built = BuiltImage(
        name="base", ref="docker.io/mofang/base:1", archive=Path("/c/base-1.tar")
    )

    assert json.loads(built_as_json([built])) == {
        "base": {"ref": "docker.io/mofang/base:1", "archive": "/c/base-1.tar"}
    }


def test_a_thin_archive_is_told_with_what_it_needs():
    below = Part(ref="docker.io/mofang/base-layers:1", archive=Path("/c/layers-1.tar"))
    built = BuiltImage(
        name="base", ref="r:1", archive=Path("/c/thin-1.tar"), below=(below,)
    )

    assert json.loads(built_as_json([built]))["base"]["parents"] == [
        {"ref": "docker.io/mofang/base-layers:1", "archive": "/c/layers-1.tar"}
    ]


def test_listing_builds_nothing_and_names_every_image(tmp_path, capsys):
    assert main(["--cache", str(tmp_path), "list"]) == 0

    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {row[0] for row in rows} >= {"base", "hub", "pytorch"}
    # Parts of images are no images.
    assert not {row[0] for row in rows} & {"foundation", "ours"}
    assert {row[2] for row in rows} == {"not built"}


def test_an_unknown_image_is_a_sentence_and_an_exit_code(tmp_path, capsys):
    assert main(["--cache", str(tmp_path), "list", "--only", "theano"]) == 1

    assert "No image is called theano" in capsys.readouterr().err


def test_a_part_of_images_is_not_built_for_itself(tmp_path, capsys):
    assert main(["--cache", str(tmp_path), "list", "--only", "foundation"]) == 1

    assert "only a part of others" in capsys.readouterr().err


def test_variants_for_gpus_are_listed_by_names_of_their_own(tmp_path, capsys):
    assert main(["--cache", str(tmp_path), "list", "--gpu"]) == 0

    names = {line.split("\t")[0] for line in capsys.readouterr().out.splitlines()}
    assert {"pytorch-gpu", "tensorflow-gpu", "xgboost-gpu"} <= names
    assert all(name.endswith("-gpu") for name in names)


def test_an_image_without_a_variant_for_gpus_says_so(tmp_path, capsys):
    assert main(["--cache", str(tmp_path), "list", "--gpu", "--only", "spark"]) == 1

    assert "spark has no variant for GPUs" in capsys.readouterr().err
