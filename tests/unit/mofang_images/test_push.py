from pathlib import Path

import pytest
import yaml

from mofang_images.build import BuiltImage
from mofang_images.errors import HostError, ImageError, SourceError
from mofang_images.push import chart_values, check_push, push_command, push_images

from .conftest import write_image

IMAGES = [
    BuiltImage(name=name, ref=f"docker.io/mofang/{name}:{tag}", archive=Path("/a.tar"))
    for name, tag in [("hub", "1a"), ("pytorch-gpu", "2b")]
]


def test_images_are_pushed_as_they_are():
    command = push_command(
        Path("/layout"), "hub:1a", "registry.example/ml", plain_http=False
    )

    assert "--preserve-digests" in command
    assert command[command.index("--digestfile") + 1] == Path("/layout/pushed.digest")
    assert command[-2:] == [
        "oci:/layout:hub:1a",
        "docker://registry.example/ml/hub:1a",
    ]


def test_a_registry_without_tls_is_reached_when_asked_for_only():
    commands = [
        push_command(Path("/layout"), "hub:1a", "127.0.0.1:5000", plain_http=each)
        for each in (True, False)
    ]

    assert ["--dest-tls-verify=false" in each for each in commands] == [True, False]


def test_the_chart_is_told_where_the_images_are():
    digests = {"hub": "sha256:" + "a" * 64, "pytorch-gpu": "sha256:" + "b" * 64}

    values = chart_values(IMAGES, "registry.example:5000/ml", digests)

    assert yaml.safe_load(values) == {
        "images": {
            "hub": {
                "repository": "registry.example:5000/ml/hub",
                "tag": "1a",
                "digest": digests["hub"],
            },
            "pytorch-gpu": {
                "repository": "registry.example:5000/ml/pytorch-gpu",
                "tag": "2b",
                "digest": digests["pytorch-gpu"],
            },
        }
    }


@pytest.fixture
def skopeo(tmp_path, monkeypatch):
    program = tmp_path / "skopeo"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(
    "prefix", ["127.0.0.1:5000", "registry.example/a/b-c", "kind-registry:5000/mofang"]
)
def test_places_in_registries_are_taken(skopeo, prefix):
    check_push(prefix)


@pytest.mark.parametrize(
    "prefix", ["https://registry.example/a", "Registry/A", "a b", "r/a:tag", ""]
)
def test_what_is_no_place_in_a_registry_is_refused(skopeo, prefix):
    with pytest.raises(SourceError, match=r"write it as HOST\[:PORT\]/PREFIX"):
        check_push(prefix)


def test_a_machine_without_skopeo_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(HostError, match="apt-get install skopeo"):
        check_push("registry.example/ml")


SKOPEO = """#!/bin/sh
# skopeo copy … --digestfile FILE … oci:LAYOUT:NAME docker://PLACE
file=$(echo "$*" | sed 's/.*--digestfile \\([^ ]*\\).*/\\1/')
case "$*" in
*docker://registry.example/ml/*) printf %s "$SAID" > "$file" ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def pushing(tmp_path, monkeypatch):
    """What skopeo says of what it pushed is told by the test."""
    program = tmp_path / "bin" / "skopeo"
    program.parent.mkdir()
    program.write_text(SKOPEO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    archive = write_image(tmp_path / "hub.tar", b"hub")
    return [BuiltImage(name="hub", ref="docker.io/mofang/hub:1a", archive=archive)]


def test_the_digest_of_the_registry_is_what_counts(pushing, store, monkeypatch):
    digest = "sha256:" + "c" * 64
    monkeypatch.setenv("SAID", digest)

    pushed = push_images(pushing, "registry.example/ml", store, plain_http=False)

    assert pushed == {"hub": digest}


@pytest.mark.parametrize("said", ["", "sha256:abc", "md5:" + "c" * 64])
def test_an_image_without_a_digest_is_not_passed_off_as_pushed(
    pushing, store, monkeypatch, said
):
    monkeypatch.setenv("SAID", said)

    with pytest.raises(ImageError, match="did not say the digest"):
        push_images(pushing, "registry.example/ml", store, plain_http=False)
