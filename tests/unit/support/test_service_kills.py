"""A service of a test's own sees one project, and writes nowhere else."""

import pytest

from support.service_kills import limited_to

_GROUP = "/apis/mofang.dev/v1alpha1"
_POLICIES = "/apis/networking.k8s.io/v1"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("/api/v1/pods?watch=1", "/api/v1/namespaces/mofang-project-a/pods?watch=1"),
        (
            f"{_POLICIES}/networkpolicies",
            f"{_POLICIES}/namespaces/mofang-project-a/networkpolicies",
        ),
        (
            f"{_GROUP}/projects?limit=5",
            f"{_GROUP}/projects?limit=5&fieldSelector=metadata.name%3Da",
        ),
        (f"{_GROUP}/projects", f"{_GROUP}/projects?fieldSelector=metadata.name%3Da"),
        (f"{_GROUP}/homes", f"{_GROUP}/homes?fieldSelector=metadata.name%3Db"),
        ("/api/v1/nodes", "/api/v1/nodes"),
        ("/api/v1/persistentvolumes", "/api/v1/persistentvolumes"),
        (_POLICIES, _POLICIES),
        (
            f"{_POLICIES}/namespaces/b/networkpolicies/c",
            f"{_POLICIES}/namespaces/b/networkpolicies/c",
        ),
    ],
)
def test_lists_of_the_cluster_become_lists_of_the_project(
    asked: str, expected: str
) -> None:
    assert limited_to("a", asked, "b") == expected
