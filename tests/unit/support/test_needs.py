"""What tests need of the machine is brought, or told before they run."""

import os
import shutil
import subprocess

import pytest

from mofang_local import preflight
from mofang_local.errors import PreflightError
from support import needs, passed


@pytest.fixture
def folder(monkeypatch):
    """A folder of tests that needs a program which nobody has."""

    def made(*checks):
        found = needs.Requirements(
            packages={"absent-program": "a-package"}, checks=checks
        )
        return {"odd": found}

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return made


def test_a_plain_user_is_told_all_that_is_missing_at_once(folder):
    odd = folder(lambda: iter(["The moon is missing: wait for it."]))

    with pytest.raises(PreflightError) as refusal:
        needs.ensure("odd", requirements=odd)

    assert str(refusal.value).splitlines() == [
        "As root: apt-get install --no-install-recommends a-package",
        "The moon is missing: wait for it.",
    ]


def test_programs_that_are_there_need_no_package():
    found = {"sh": "dash", "/etc/passwd": "base-passwd", "absent-program": "a-package"}

    assert preflight.missing_packages(found) == ["a-package"]


def test_services_are_not_started_by_their_installation(monkeypatch, tmp_path):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with needs._services_stay_off(["openssh-server"], policy):
        assert subprocess.run([policy], check=False).returncode == 101

    assert not policy.exists()


def test_a_policy_of_the_machine_is_left_as_it_is(monkeypatch, tmp_path):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("exit 0")
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with needs._services_stay_off(["openssh-server"], policy):
        assert policy.read_text() == "exit 0"

    assert policy.read_text() == "exit 0"


@pytest.fixture
def checkout(tmp_path):
    """A repository with one commit."""
    folder = tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", str(folder))
    commit(folder, "first")
    return folder


def git(folder, *arguments):
    identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    return subprocess.check_output(
        ["git", *identity, *arguments], cwd=folder, text=True
    )


def commit(folder, text):
    (folder / "file").write_text(text)
    git(folder, "add", "file")
    git(folder, "commit", "--quiet", "--message", text)
    return git(folder, "rev-parse", "--short=12", "HEAD").strip()


def test_what_passed_is_remembered_with_its_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert "has not passed" in passed.message("test-long")

    passed.record("test-long", passed.begin(), seconds=750)

    head = git(passed.REPOSITORY, "rev-parse", "--short=12", "HEAD").strip()
    assert f"commit {head}" in passed.message("test-long")
    assert passed.message("test-long").endswith("in 12.5 minutes.")


def test_the_commit_is_the_one_that_the_run_began_with(monkeypatch, tmp_path, checkout):
    """Whoever commits while the tests run has not tested that commit."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first = git(checkout, "rev-parse", "--short=12", "HEAD").strip()

    tested = passed.begin(checkout)
    second = commit(checkout, "second")
    passed.record("test-bare", tested, seconds=60)

    assert f"commit {first}, in" in passed.message("test-bare")
    assert second not in passed.message("test-bare")


def test_changes_count_if_they_were_there_at_the_start(monkeypatch, tmp_path, checkout):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    clean = passed.begin(checkout)
    (checkout / "file").write_text("changed")
    changed = passed.begin(checkout)
    commit(checkout, "changed")

    passed.record("test-long", clean, seconds=60)
    assert "uncommitted" not in passed.message("test-long")
    passed.record("test-long", changed, seconds=60)
    assert "with uncommitted changes" in passed.message("test-long")
