import pytest

from mofang_images.errors import SourceError
from mofang_images.sources import SourceKind, read_sources, with_needed


def test_parents_come_before_their_children(declare):
    declare("a-child", parent="parent")
    declare("grandchild", parent="a-child")
    images = declare("parent")

    assert list(read_sources(images)) == ["parent", "a-child", "grandchild"]


def test_an_environment_is_asked_for_with_its_ancestors_and_our_layer(images):
    needed = with_needed(read_sources(images), ["pytorch"])

    assert list(needed) == ["foundation", "pytorch", "ours"]


def test_the_platforms_own_image_needs_no_layer_on_top(images):
    assert list(with_needed(read_sources(images), ["hub"])) == ["hub"]


def test_an_image_that_is_its_own_ancestor_is_refused(declare):
    declare("hen", parent="egg")
    images = declare("egg", parent="hen")

    with pytest.raises(SourceError, match="its own ancestor"):
        read_sources(images)


def test_an_unknown_name_is_answered_with_the_images_there_are(images):
    expected = r"No image is called bsae; there are base, hub, pytorch\."

    with pytest.raises(SourceError, match=expected):
        with_needed(read_sources(images), ["bsae"])


COMPLETE = 'kind = "platform"\nparent = "debian"\nrevision = 1\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            COMPLETE.replace("revision = 1", ""), "revision", id="something missing"
        ),
        pytest.param(COMPLETE + 'user = "root"\n', "user", id="something too many"),
        pytest.param(
            COMPLETE.replace("platform", "plain"), "platform", id="an unknown kind"
        ),
    ],
)
def test_a_wrong_declaration_is_refused(declare, text, complaint):
    images = declare("base")
    (images / "base" / "image.toml").write_text(text)

    with pytest.raises(SourceError, match=complaint):
        read_sources(images)


def test_what_need_not_be_said_is_empty(declare):
    images = declare("base")
    (images / "base" / "image.toml").write_text(COMPLETE)

    source = read_sources(images)["base"]

    assert (source.kind, source.projects, source.folders) == (
        SourceKind.PLATFORM,
        (),
        (),
    )
