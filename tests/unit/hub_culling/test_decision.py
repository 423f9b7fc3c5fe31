"""What becomes of a server that reports its activity."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_api.models.activity import CullingAction
from mofang_hub.culling.decision import USUAL_REPORT, decide, extendable
from mofang_hub.culling.policy import CullingPolicy

POLICY = CullingPolicy(
    doze_minutes=30,
    enabled=True,
    idle_minutes=60,
    notice_minutes=15,
    max_extension_hours=8,
    dry_run=False,
)
KEEP, NOTIFY, STOP = CullingAction.KEEP, CullingAction.NOTIFY, CullingAction.STOP


def minutes(count):
    return None if count is None else timedelta(minutes=count)


@pytest.mark.parametrize(
    ("idle", "noticed", "extended", "action", "stop_in"),
    [
        pytest.param(0, None, 0, KEEP, None, id="something happens"),
        pytest.param(59, None, 0, KEEP, None, id="not yet"),
        pytest.param(60, None, 0, NOTIFY, 15, id="idle: a notice first"),
        pytest.param(600, None, 0, NOTIFY, 15, id="idle for long, unnoticed: too"),
        pytest.param(70, 10, 0, NOTIFY, 5, id="noticed"),
        pytest.param(75, 15, 0, STOP, 0, id="noticed for long enough"),
        pytest.param(75, 0, 0, NOTIFY, 15, id="noticed a moment ago"),
        pytest.param(75, 15, 120, KEEP, None, id="somebody keeps it"),
        pytest.param(180, None, 15, NOTIFY, 15, id="the extension ends soon"),
        pytest.param(190, 10, 5, NOTIFY, 5, id="so it is noticed ahead of its end"),
        pytest.param(195, 15, 0, STOP, 0, id="nobody has extended it again"),
        pytest.param(195, 2, 0, NOTIFY, 13, id="the clock was set ahead"),
    ],
)
def test_a_server_is_stopped_after_idleness_notice_and_extension(
    idle, noticed, extended, action, stop_in
):
    decision = decide(
        POLICY, idle=minutes(idle), noticed=minutes(noticed), extended=minutes(extended)
    )

    assert (decision.action, decision.stop_in) == (action, minutes(stop_in))


def test_without_culling_nothing_is_stopped():
    policy = POLICY.model_copy(update={"enabled": False})

    decision = decide(policy, idle=minutes(10**4), noticed=minutes(10**4))

    assert decision.action is KEEP


@pytest.mark.parametrize(
    ("idle", "noticed", "extended", "report_in"),
    [
        pytest.param(0, None, 0, USUAL_REPORT, id="at work: seldom"),
        pytest.param(58, None, 0, minutes(2), id="when its notice is due"),
        pytest.param(62, 2, 0, minutes(1), id="noticed: often"),
        pytest.param(74.5, 14.5, 0, minutes(0.5), id="when its stop is due"),
    ],
)
def test_a_server_reports_again_when_it_matters(idle, noticed, extended, report_in):
    decision = decide(
        POLICY, idle=minutes(idle), noticed=minutes(noticed), extended=minutes(extended)
    )

    assert decision.report_in == report_in


def test_a_server_is_kept_for_so_long_after_its_last_activity():
    assert extendable(POLICY, minutes(60)) == timedelta(hours=7)
    assert extendable(POLICY, timedelta(hours=9)) == timedelta()


durations = st.timedeltas(timedelta(), timedelta(days=30))


@given(
    idle=durations,
    noticed=st.none() | durations,
    extended=durations,
    enabled=st.booleans(),
)
def test_a_stop_is_never_early(idle, noticed, extended, enabled):
    policy = POLICY.model_copy(update={"enabled": enabled})

    decision = decide(policy, idle=idle, noticed=noticed, extended=extended)

    if decision.action is STOP:
        assert enabled
        assert idle >= policy.idle
        assert noticed is not None
        assert noticed >= policy.notice
        assert not extended
    if decision.action is NOTIFY and noticed is not None:
        assert decision.stop_in >= policy.notice - noticed
    assert decision.report_in > timedelta()
