"""The most specific rule holds, value by value."""

import pytest
from pydantic import ValidationError

from mofang_hub.culling.policy import CullingSettings, ServerIdentity, resolve_policy

ADA = ServerIdentity(
    user="ada", server="vision-pytorch", project="vision", environment="pytorch"
)


def policy(**settings):
    return resolve_policy(CullingSettings.model_validate(settings), ADA)


def test_without_rules_of_its_own_a_server_has_that_for_all():
    found = policy(enabled=True, idleMinutes=90, users={"ben": {"idleMinutes": 5}})

    assert (found.enabled, found.idle_minutes, found.notice_minutes) == (True, 90, 15)


def test_a_person_goes_before_a_project_and_that_before_an_environment():
    found = policy(
        enabled=True,
        environments={"pytorch": {"idleMinutes": 30, "noticeMinutes": 20}},
        projects={"vision": {"idleMinutes": 120, "maxExtensionHours": 48}},
        users={"ada": {"idleMinutes": 240}},
    )

    assert found.idle_minutes == 240
    assert found.max_extension_hours == 48
    assert found.notice_minutes == 20
    assert found.enabled


def test_one_person_may_be_left_alone():
    assert not policy(enabled=True, users={"ada": {"enabled": False}}).enabled


def test_one_environment_may_be_tried_dry():
    found = policy(enabled=True, environments={"pytorch": {"dryRun": True}})

    assert found.dry_run


@pytest.mark.parametrize(
    "wrong",
    [
        {"noticeMinutes": 14},
        {"idleMinutes": 0},
        {"maxExtensionHours": -1},
        {"users": {"ada": {"noticeMinutes": 1}}},
        {"projects": {"vision": {"idle": 5}}},
        {"timeout": 3600},
    ],
)
def test_what_is_out_of_bounds_or_unknown_keeps_the_hub_from_starting(wrong):
    with pytest.raises(ValidationError):
        CullingSettings.model_validate(wrong)
