import json
import os
from pathlib import Path

import pytest

from mofang_run.frameworks import mpi
from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.mpi_ssh.rendezvous_dir import Announcement, RendezvousDir
from mofang_run.mpi_ssh.server import SshServer
from mofang_run.process.exit_codes import RefusalError
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe
from support.clock import FakeClock

GOOD = Announcement("10.0.0.1", 2222, "ssh-ed25519 AAAA", "jovyan", 2)


@pytest.fixture
def directory(tmp_path):
    return RendezvousDir(tmp_path / "run")


def test_what_a_worker_announces_is_found(directory):
    assert directory.find("worker-0") is None
    directory.announce("worker-0", GOOD)
    assert directory.find("worker-0") == GOOD


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ip": "evil -oProxyCommand=x"}, id="no address"),
        pytest.param({"port": "22\nProxyCommand x"}, id="no port"),
        pytest.param({"port": 70000}, id="too high a port"),
        pytest.param({"slots": 0}, id="no processes"),
        pytest.param({"host_key": "ssh-rsa AAAA\n* ssh-rsa B"}, id="two keys"),
        pytest.param({"user": "-oProxyCommand=x"}, id="an option for a user"),
        pytest.param({"more": 1}, id="more than we know"),
    ],
)
def test_what_no_worker_of_ours_says_is_refused(directory, change):
    """It would become lines of ssh's configuration."""
    text = json.dumps({**vars(GOOD), **change})
    (directory.path / "worker-0.json").write_text(text)
    with pytest.raises(RefusalError, match="not to be trusted"):
        directory.find("worker-0")


@pytest.mark.parametrize("mode", [0o750, 0o707])
def test_a_directory_that_others_may_use_is_refused(tmp_path, mode):
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(mode)
    with pytest.raises(RefusalError, match="must belong to user"):
        RendezvousDir(tmp_path / "run")


def test_a_link_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusalError, match="must belong to user"):
        RendezvousDir(tmp_path / "run")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def replica():
    settings = RunSettings.from_environment({})
    with Path(os.devnull).open("wb") as sink, SignalPipe() as signals:
        yield ReplicaContext(settings, {}, signals, ReplicaOutput(sink.fileno()))


@pytest.fixture
def serving(replica, directory, clock):
    return mpi._Serving(replica, directory, ssh_server(), clock)


def ssh_server(kind=SshServer):
    """A server that nobody has started."""
    return kind([], port=1, host_key="ssh-ed25519 AAAA", user="jovyan")


def test_a_worker_stays_while_its_launcher_is_not_there_yet(serving):
    assert not serving.is_over()


def test_a_worker_ends_when_its_launcher_is_silent(serving, directory, clock):
    """A launcher that was killed declares nothing."""
    (directory.path / "launcher.heartbeat").touch()
    assert not serving.is_over()
    clock.advance(mpi.SILENCE_SECONDS - 1)
    assert not serving.is_over()
    clock.advance(1)
    assert serving.is_over()


def test_a_sign_of_life_begins_the_patience_anew(serving, directory, clock):
    beat = directory.path / "launcher.heartbeat"
    beat.touch()
    assert not serving.is_over()
    clock.advance(1000)
    os.utime(beat, (1, 1))
    assert not serving.is_over()
    clock.advance(1000)
    assert serving.is_over()


def test_a_worker_ends_when_the_job_is_over(serving, directory):
    directory.declare_over()
    assert serving.is_over()


def test_a_worker_ends_when_the_directory_is_gone(serving, directory):
    directory.remove()
    assert serving.is_over()


def test_a_worker_that_is_ready_too_late_ends_well(replica, directory, clock):
    """The launcher gave up and cleared away what the worker would write to."""

    class AnswersAfterTheEnd(SshServer):
        def listens(self) -> bool:
            directory.remove()
            return True

    server = ssh_server(AnswersAfterTheEnd)
    assert mpi._Serving(replica, directory, server, clock).is_over()


def test_hosts_are_called_as_the_operator_calls_them(tmp_path):
    hostfile = tmp_path / "hostfile"
    settings = RunSettings.from_environment(
        {
            "MOFANG_ROLES": '{"launcher":1,"worker":2}',
            "MOFANG_HOST_TEMPLATES": '{"worker":"t-{index}"}',
        }
    )
    assert mpi._host_names(settings, hostfile) == ["t-0", "t-1"]
    hosts = {"MOFANG_HOST_TEMPLATES": '{"worker":"t-worker-0-{index}.t"}'}
    below = RunSettings.from_environment({"MOFANG_ROLES": '{"worker":1}', **hosts})
    assert mpi._host_names(below, hostfile) == ["t-worker-0-0"]
    hostfile.write_text("digits-worker-0 slots=2\ndigits-worker-1 slots=2\n")
    assert mpi._host_names(settings, hostfile) == ["digits-worker-0", "digits-worker-1"]
    hostfile.write_text("-oProxyCommand=x slots=2\ndigits-worker-1 slots=2\n")
    assert mpi._host_names(settings, hostfile) == ["t-0", "t-1"]
