"""Notices of jobs: where settings and Secret go."""

import pytest

from mofang_hub.settings import NOTICES_FOLDER, Settings

NOTICES = {
    "existingSecret": "notices",
    "minimumMinutes": 5,
    "webhooks": [{"name": "chat", "projects": ["vision"]}, {"name": "all"}],
    "mail": {"host": "smtp.example.org", "sender": "mofang@example.org"},
}


def test_the_service_gets_what_is_set_and_the_secret(render, minimal):
    rendered = render(minimal, {"jobs": {"notices": NOTICES}})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )
    found = settings.jobs.notices
    assert found.minimum_minutes == 5
    assert [(each.name, each.projects) for each in found.webhooks] == [
        ("chat", ("vision",)),
        ("all", ()),
    ]
    assert (found.mail.host, found.mail.port) == ("smtp.example.org", 587)

    pod = rendered.get("Deployment", "training")["spec"]["template"]["spec"]
    mounts = pod["containers"][0]["volumeMounts"]
    [mount] = [each for each in mounts if each["name"] == "notices"]
    assert (mount["mountPath"], mount["readOnly"]) == (str(NOTICES_FOLDER), True)
    [volume] = [each for each in pod["volumes"] if each["name"] == "notices"]
    assert volume["secret"] == {"secretName": "notices"}


def test_the_hub_does_not_get_the_secret(render, minimal):
    rendered = render(minimal, {"jobs": {"notices": NOTICES}})
    pod = rendered.get("Deployment", "hub")["spec"]["template"]["spec"]
    assert "notices" not in {each["name"] for each in pod["volumes"]}


def test_the_hub_gets_it_where_it_tells_of_idle_servers(render, minimal):
    culling = {"notices": {"mail": True, "webhooks": ["all"]}}
    rendered = render(minimal, {"jobs": {"notices": NOTICES}, "culling": culling})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )
    assert settings.culling.notices.mail
    assert settings.culling.notices.webhooks == ("all",)

    pod = rendered.get("Deployment", "hub")["spec"]["template"]["spec"]
    mounts = pod["containers"][0]["volumeMounts"]
    [mount] = [each for each in mounts if each["name"] == "notices"]
    assert (mount["mountPath"], mount["readOnly"]) == (str(NOTICES_FOLDER), True)
    [volume] = [each for each in pod["volumes"] if each["name"] == "notices"]
    assert volume["secret"] == {"secretName": "notices"}


def test_by_default_nobody_is_told(chart):
    pod = chart.get("Deployment", "training")["spec"]["template"]["spec"]
    assert "notices" not in {each["name"] for each in pod["volumes"]}


@pytest.mark.parametrize(
    ("notices", "message"),
    [
        ({"webhooks": [{"name": "chat"}]}, "jobs.notices.existingSecret"),
        (
            {"mail": {"host": "x", "sender": "a@b.c", "username": "x"}},
            "jobs.notices.existingSecret",
        ),
        ({"mail": {"host": "smtp.example.org"}}, "jobs.notices.mail.sender"),
    ],
)
def test_what_is_missing_is_said(refusal, minimal, notices, message):
    assert message in refusal(minimal, {"jobs": {"notices": notices}})
