"""A status is written by a merge patch, which has to say what is gone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_projects.reconciler import merge_patch

KEYS = st.sampled_from("abc")
VALUES = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def applied(target, patch):
    """Apply a patch as RFC 7386 says."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = applied(result.get(name), value)
    return result


@given(st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_the_patch_makes_one_the_other(before, after):
    patch = json.loads(json.dumps(merge_patch(before, after)))

    assert applied(before, patch) == after


@pytest.mark.parametrize("gone", ["bytes", "files"])
def test_a_quota_that_is_taken_away_is_gone_from_the_status(gone):
    before = {"quota": {"bytes": 1, "files": 2}}
    after = {"quota": {name: 1 for name in ("bytes", "files") if name != gone}}

    assert merge_patch(before, after)["quota"][gone] is None
