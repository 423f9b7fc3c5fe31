"""What tests need of the machine is brought, or told before they run."""

import subprocess

import pytest

from mofang_local import needs as machine
from mofang_local.errors import NeedError
from support import needs, passed


@pytest.fixture
def folder(monkeypatch):
    """A folder of tests that needs a program which nobody has."""

    def made(*checks):
        found = needs.Needs(packages={"absent-program": "a-package"}, checks=checks)
        monkeypatch.setitem(needs.NEEDS, "odd", found)

    monkeypatch.setattr(needs.os, "geteuid", lambda: 1000)
    return made


def test_a_plain_user_is_told_all_that_is_missing_at_once(folder):
    folder(lambda: iter(["The moon is missing: wait for it."]))

    with pytest.raises(NeedError) as refusal:
        needs.ensure("odd")

    assert str(refusal.value).splitlines() == [
        "As root: apt-get install --no-install-recommends a-package",
        "The moon is missing: wait for it.",
    ]


def test_programs_that_are_there_need_no_package():
    found = {"sh": "dash", "/etc/passwd": "base-passwd", "absent-program": "a-package"}

    assert machine.missing_packages(found) == ["a-package"]


def test_services_are_not_started_by_their_installation(monkeypatch, tmp_path):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(needs, "_POLICY", policy)
    monkeypatch.setattr(needs.shutil, "which", lambda _: None)

    with needs._services_stay_off(["openssh-server"]):
        assert subprocess.run([policy], check=False).returncode == 101

    assert not policy.exists()


def test_a_policy_of_the_machine_is_left_as_it_is(monkeypatch, tmp_path):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("exit 0")
    monkeypatch.setattr(needs, "_POLICY", policy)
    monkeypatch.setattr(needs.shutil, "which", lambda _: None)

    with needs._services_stay_off(["openssh-server"]):
        assert policy.read_text() == "exit 0"

    assert policy.read_text() == "exit 0"


def test_what_passed_is_remembered_with_its_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert "has not passed" in passed.sentence("test-long")

    passed.record("test-long", seconds=750)

    commit = passed._git("rev-parse", "--short=12", "HEAD")
    assert f"commit {commit}" in passed.sentence("test-long")
    assert passed.sentence("test-long").endswith("in 12.5 minutes.")
