"""Cgroups of either version, in folders that stand for the kernel's."""

import os

import pytest

from mofang_local import cgroups

NAME = "/mofang-cpu-1"


@pytest.fixture
def unified(tmp_path):
    """Version 2: one hierarchy, whose files the kernel would make."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    group = tmp_path / "mofang-cpu-1"
    group.mkdir()
    (group / "cpu.weight").write_text("100")
    (group / "cgroup.procs").write_text("")
    return tmp_path


@pytest.fixture
def separate(tmp_path):
    """Version 1: a hierarchy for each controller."""
    for controller, setting in (("cpu", "cpu.shares"), ("pids", "pids.max")):
        group = tmp_path / controller / "mofang-cpu-1"
        group.mkdir(parents=True)
        (group / setting).write_text("1024")
        (group / "cgroup.procs").write_text("")
    return tmp_path


def test_a_node_weighs_as_much_as_all_processors_in_version_2(unified):
    cgroups.create(NAME, unified)

    weight = int((unified / "mofang-cpu-1" / "cpu.weight").read_text())
    assert weight == 100 * os.cpu_count()


def test_a_node_weighs_as_much_as_all_processors_in_version_1(separate):
    cgroups.create(NAME, separate)

    shares = int((separate / "cpu" / "mofang-cpu-1" / "cpu.shares").read_text())
    assert shares == 1024 * os.cpu_count()
    assert (separate / "pids" / "mofang-cpu-1" / "pids.max").read_text() == "1024"


def test_it_runs_on_the_processors_of_the_hierarchy(separate):
    (separate / "cpuset" / "mofang-cpu-1").mkdir(parents=True)
    (separate / "cpuset" / "cpuset.cpus").write_text("0-3\n")
    (separate / "cpuset" / "mofang-cpu-1" / "cpuset.cpus").write_text("\n")

    cgroups.create(NAME, separate)

    cpus = (separate / "cpuset" / "mofang-cpu-1" / "cpuset.cpus").read_text()
    assert cpus == "0-3\n"


def test_controllers_of_version_2_are_handed_down(unified):
    cgroups.delegate_controllers(unified)

    assert (unified / "cgroup.subtree_control").read_text() == "+memory"


def test_version_1_has_nothing_to_hand_down(separate):
    cgroups.delegate_controllers(separate)

    assert not (separate / "cgroup.subtree_control").exists()


def test_a_program_is_counted_by_the_hierarchy_of_processors_alone(separate):
    cgroups.add_process(NAME, 42, separate)

    assert (separate / "cpu" / "mofang-cpu-1" / "cgroup.procs").read_text() == "42"
    assert (separate / "pids" / "mofang-cpu-1" / "cgroup.procs").read_text() == ""


def test_processes_of_all_groups_within_are_found(separate):
    pod = separate / "pids" / "mofang-cpu-1" / "kubepods" / "pod-1"
    pod.mkdir(parents=True)
    (pod / "cgroup.procs").write_text("7\n8\n")
    (separate / "cpu" / "mofang-cpu-1" / "cgroup.procs").write_text("9\n")

    assert cgroups.pids(NAME, separate) == {7, 8, 9}


def test_a_group_without_processes_file_is_stepped_over(separate):
    (separate / "pids" / "mofang-cpu-1" / "kubepods").mkdir()

    assert cgroups.pids(NAME, separate) == set()


def test_groups_that_vanish_while_one_looks_are_stepped_over(separate, monkeypatch):
    pod = separate / "pids" / "mofang-cpu-1" / "pod-1"
    pod.mkdir()
    (pod.parent / "cgroup.procs").write_text("7\n8\n")
    scan = os.scandir

    def scan_late(path: str) -> object:
        if str(path).endswith("pod-1"):
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)

    assert cgroups.pids(NAME, separate) == {7, 8}


def test_groups_are_removed_innermost_first(tmp_path):
    (tmp_path / "cpu" / "mofang-cpu-1" / "kubepods" / "pod-1").mkdir(parents=True)

    cgroups.remove(NAME, tmp_path)

    assert list((tmp_path / "cpu").iterdir()) == []


def test_what_was_never_made_is_removed_already(tmp_path):
    (tmp_path / "cpu").mkdir()

    cgroups.remove(NAME, tmp_path)

    assert cgroups.pids(NAME, tmp_path) == set()
