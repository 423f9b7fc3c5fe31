"""By whom idle servers are told of, as the settings say."""

import pytest

from mofang_hub.culling.policy import CullingNotices
from mofang_hub.notices.idle import build_idle_senders
from mofang_hub.settings import NoticeSettings, Secrets

PUBLIC = "https://mofang.example.org"
SETTINGS = NoticeSettings.model_validate(
    {
        "webhooks": [{"name": "all-chat"}, {"name": "vision-chat"}],
        "mail": {"host": "smtp.example.org", "sender": "mofang@example.org"},
    }
)


@pytest.fixture
def secrets(tmp_path):
    for name in ("all-chat", "vision-chat"):
        (tmp_path / name).write_text("https://chat.example.org/hooks/1")
    return Secrets(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param({}, [], id="nobody, as installed"),
        pytest.param({"mail": True}, ["mail"], id="mail alone"),
        pytest.param({"webhooks": ["all-chat"]}, ["webhook all-chat"], id="one of two"),
    ],
)
def test_only_what_is_named_is_used(secrets, wanted, names):
    found = build_idle_senders(
        CullingNotices.model_validate(wanted), SETTINGS, secrets, public_url=PUBLIC
    )

    assert [each.name for each in found] == names


@pytest.mark.parametrize(
    ("wanted", "settings", "says"),
    [
        ({"webhooks": ["x"]}, SETTINGS, "culling.notices.webhooks has x, and"),
        ({"mail": True}, NoticeSettings(), "jobs.notices.mail has no host"),
    ],
)
def test_what_is_not_there_keeps_the_hub_from_starting(secrets, wanted, settings, says):
    with pytest.raises(ValueError, match=says):
        build_idle_senders(
            CullingNotices.model_validate(wanted), settings, secrets, public_url=PUBLIC
        )
