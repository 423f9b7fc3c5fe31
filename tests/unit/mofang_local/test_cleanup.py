"""What a platform left, found while it goes."""

import os
from pathlib import Path

import pytest

from mofang_local import cleanup


def test_groups_that_vanish_while_one_looks_are_stepped_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubepods" / "pod-1").mkdir(parents=True)
    (tmp_path / "kubepods" / "cgroup.procs").write_text("7\n8\n")
    (tmp_path / "cgroup.procs").write_text("9\n")
    scan = os.scandir

    def scan_late(path: str) -> object:
        if str(path).endswith("pod-1"):
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)

    assert cleanup.pids_in([tmp_path]) == {7, 8, 9}
