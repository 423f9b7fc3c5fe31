import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubespawner.slugs import safe_slug

from mofang_kube.names import (
    is_name,
    namespace_project,
    project_namespace,
    server_name,
    user_slug,
)

DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?", fullmatch=True)
# Few letters and many dashes: pairs that look alike once they are joined.
ALIKE = st.from_regex(r"[ab]([ab-]{0,8}[ab])?", fullmatch=True)
PAIRS = st.tuples(ALIKE, ALIKE) | st.tuples(NAMES, NAMES)

HOSTILE = [
    "ada",
    "Ada",
    "ADA",
    "ada ",
    "ada.lovelace",
    "ada-lovelace",
    "ada_lovelace",
    "ada@example.org",
    "ada--x",
    "ada---ada",
    "../ada",
    "..",
    "/",
    "-ada",
    "1ada",
    "äda",
    "a\u0308da",
    "ада",
    "{username}",
    "$(HOME)",
    "a" * 63,
    "a" * 64,
    "a" * 65,
    "a\nb",
    "<b>ada</b>",
]


@given(st.text(max_size=80) | st.from_regex(r"[a-z0-9@.-]{0,70}", fullmatch=True))
def test_a_slug_is_that_of_kubespawner(name):
    assert user_slug(name) == safe_slug(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_has_the_slug_of_kubespawner(name):
    assert user_slug(name) == safe_slug(name)


@given(PAIRS, PAIRS)
def test_two_pairs_never_share_a_server_name(one, other):
    assert (server_name(*one) == server_name(*other)) == (one == other)


def test_an_environment_cannot_pose_as_the_hash_of_another_pair():
    """``a-b`` with ``c`` is cut and hashed; ``a`` may not be given the same name."""
    hashed = server_name("a-b", "c")
    environment = hashed.removeprefix("a-")

    assert is_name(environment)
    assert server_name("a", environment) != hashed


@given(PAIRS)
def test_a_server_name_is_a_dns_label_of_at_most_thirty_characters(pair):
    name = server_name(*pair)

    assert len(name) <= 30
    assert DNS_LABEL.fullmatch(name)


@given(NAMES, NAMES)
def test_a_server_name_begins_with_its_project(project, environment):
    assert server_name(project, environment).startswith(project[:20])


def test_a_short_pair_keeps_its_words():
    assert server_name("vision", "pytorch") == "vision-pytorch"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        pytest.param("a", True, id="one letter"),
        pytest.param("vision", True, id="a word"),
        pytest.param("a-1", True, id="a dash inside"),
        pytest.param("a" * 20, True, id="twenty characters"),
        pytest.param("a" * 21, False, id="twenty-one characters"),
        pytest.param("", False, id="nothing"),
        pytest.param("1a", False, id="a digit first"),
        pytest.param("-a", False, id="a dash first"),
        pytest.param("a-", False, id="a dash last"),
        pytest.param("Vision", False, id="a capital"),
        pytest.param("a.b", False, id="a dot"),
        pytest.param("a/b", False, id="a slash"),
        pytest.param("../a", False, id="a path"),
        pytest.param("a\n", False, id="a line's end"),
        pytest.param("é", False, id="another alphabet"),
    ],
)
def test_names_of_projects_and_environments(text, valid):
    assert is_name(text) is valid


def test_two_users_never_share_a_slug():
    slugs = {username: user_slug(username) for username in HOSTILE}

    assert len(set(slugs.values())) == len(HOSTILE), slugs


@given(st.text(min_size=1, max_size=100))
def test_every_user_has_a_slug_that_is_a_dns_label(username):
    """A slug is a directory, a label and a part of a pod's name."""
    assert DNS_LABEL.fullmatch(user_slug(username))


@pytest.mark.parametrize("username", HOSTILE)
def test_a_slug_is_never_a_path(username):
    assert "/" not in user_slug(username)
    assert "." not in user_slug(username)


@given(NAMES)
def test_a_namespace_leads_back_to_its_project(project):
    assert namespace_project(project_namespace(project)) == project


def test_other_namespaces_are_no_projects():
    assert namespace_project("kube-system") is None
