"""Which processes of a command live."""

import os
import signal

import pytest

from mofang_run.process.group import Child, have_members


@pytest.fixture
def child():
    child = Child(["sleep", "60"], {"PATH": os.environ["PATH"]})
    yield child
    child.send(signal.SIGKILL)
    os.close(child.pipe)
    wait_for(child)


def wait_for(child):
    if child.status is None:
        os.waitpid(child.pid, 0)


def test_a_command_is_of_its_own_group(child):
    assert child.own_groups() == {child.pid}
    assert not child.has_children()
    assert have_members(child.own_groups())


def test_who_has_ended_and_was_not_collected_does_not_live(child, eventually):
    child.send(signal.SIGKILL)
    eventually(lambda: not have_members({child.pid}))
    os.killpg(child.pid, 0)
    child.reap()
    assert not have_members({child.pid})


def test_children_in_groups_of_their_own_are_known(tmp_path, eventually):
    command = "setsid sleep 60 & echo $! > pid; wait"
    child = Child(["sh", "-c", f"cd {tmp_path}; {command}"], dict(os.environ))
    try:
        eventually(lambda: len(child.own_groups()) == 2)
        assert child.has_children()
    finally:
        for group in child.own_groups():
            os.killpg(group, signal.SIGKILL)
        os.close(child.pipe)
        wait_for(child)
