"""Where the audit log is written, and who can reach it."""

import pytest

from mofang_hub.settings import Settings

WRITERS = ("hub", "training")
FOLDER = "/srv/mofang/audit"


def pod(rendered, name):
    return rendered.get("Deployment", name)["spec"]["template"]["spec"]


def mount(rendered, name):
    [container] = pod(rendered, name)["containers"]
    return next(
        (each for each in container["volumeMounts"] if each["mountPath"] == FOLDER),
        None,
    )


@pytest.mark.parametrize("name", WRITERS)
def test_it_is_in_a_directory_that_no_volume_of_a_project_holds(name, chart):
    """Those hold users, projects and global."""
    assert mount(chart, name) == {
        "name": "audit",
        "mountPath": FOLDER,
        "subPath": "audit",
    }


@pytest.mark.parametrize("name", WRITERS)
def test_it_can_have_a_claim_of_its_own(name, render, minimal):
    rendered = render(minimal, {"audit": {"existingClaim": "evidence"}})
    assert mount(rendered, name) == {"name": "audit", "mountPath": FOLDER}
    claim = {"claimName": "evidence"}
    volumes = pod(rendered, name)["volumes"]
    assert {"name": "audit", "persistentVolumeClaim": claim} in volumes


def test_programs_read_what_the_values_say(render, minimal):
    said = {"retentionDays": 90, "maxMibPerDay": 64, "trustedProxies": ["10.1.0.0/16"]}
    rendered = render(minimal, {"audit": said})
    audit = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    ).audit
    assert str(audit.folder) == FOLDER
    assert (audit.enabled, audit.retention_days) == (True, 90)
    assert audit.max_bytes_per_day == 64 * 1024**2
    assert audit.trusted_proxies == ("10.1.0.0/16",)


@pytest.mark.parametrize("name", WRITERS)
def test_it_can_be_switched_off(name, render, minimal):
    rendered = render(minimal, {"audit": {"enabled": False}})
    assert mount(rendered, name) is None


def test_what_is_no_network_is_refused(refusal, minimal):
    assert "trustedProxies" in refusal(minimal, {"audit": {"trustedProxies": ["gw"]}})
