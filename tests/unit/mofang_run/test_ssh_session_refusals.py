"""Where keys may lie, and what an SSH session is refused for."""

import signal
import subprocess

import pytest
from unit.mofang_run.ssh_container import serving

from mofang_run import ssh_session
from mofang_run.mpi_ssh.private_tmp import private_tmp
from mofang_run.process.exit_codes import RefusalError
from mofang_run.process.signals import ENDING


def refused(container, *arguments, **variables):
    ended = subprocess.run(
        container.session(*arguments, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ended.stdout == b""
    return ended.returncode, ended.stderr.decode()


@pytest.mark.parametrize(
    "key",
    ["", "ssh-ed25519", 'command="id" ssh-ed25519 AAAA', "ssh-ed25519 AAAA\nssh-rsa B"],
)
def test_what_is_no_key_is_refused(container, key):
    code, message = refused(container, key, "/")

    assert (code, message) == (2, "This is not a public key of OpenSSH.\n")


def test_a_directory_open_to_others_is_refused(container):
    container.session_dirs.mkdir()
    container.session_dirs.chmod(0o777)

    code, message = refused(container, container.public_key, "/")

    assert code == 126
    assert "must belong to user" in message


def test_a_link_is_not_followed(container):
    container.session_dirs.symlink_to(container.home)

    code, message = refused(container, container.public_key, "/")

    assert code == 126
    assert "cannot be used" in message
    assert list(container.home.iterdir()) == [container.project]


def test_nothing_lies_where_tmpdir_points(container):
    """On a shared volume everybody is the same user."""
    with serving(container):
        assert len(container.rooms()) == 2
        assert list(container.shared.iterdir()) == []


@pytest.fixture
def candidates(tmp_path):
    """Two directories where keys may lie, and one that is shared."""
    made = [tmp_path / name for name in ("first", "second", "shared")]
    for each in made:
        each.mkdir()
    return made


def found_among(first, second, shared):
    return private_tmp((str(first), str(second)), (str(shared),))


def test_keys_lie_at_the_first_place_that_can_be_used(candidates):
    first, second, _ = candidates
    assert found_among(*candidates) == first

    first.rmdir()

    assert found_among(*candidates) == second


@pytest.mark.parametrize("below", ["", "deep"])
def test_a_place_that_leads_to_a_shared_volume_is_not_used(candidates, below):
    first, second, shared = candidates
    (shared / below).mkdir(exist_ok=True)
    first.rmdir()
    first.symlink_to(shared / below)
    assert found_among(*candidates) == second


def test_without_a_place_nobody_is_let_in(candidates):
    first, second, _ = candidates
    first.rmdir()
    second.rmdir()
    with pytest.raises(RefusalError, match="can write to none of") as refusal:
        found_among(*candidates)
    assert refusal.value.exit_code == 126


@pytest.fixture
def signals():
    """Whatever a guest in this process does with them, undone."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_image_without_sshd_is_told_by_one_sentence(
    monkeypatch, capfd, tmp_path, signals
):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert ssh_session.main(["ssh-ed25519 AAAA", "/"], folders=()) == 127

    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == (
        "sshd is not installed, which SSH sessions need. Choose an image that has it; "
        "in Debian it is in the package openssh-server.\n"
    )
