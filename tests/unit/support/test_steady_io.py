"""Files that are written and read all the time notice what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.steady_io import SteadyFile

LINE = b"%015d\n"


def test_lines_that_are_written_are_read(tmp_path: Path) -> None:
    with SteadyFile(tmp_path / "file", tmp_path / "file") as file:
        file.wait_for(5, within=30)
    file.check()

    assert file.acknowledged >= 6
    assert file.unwritten == 0


@pytest.mark.parametrize(
    "observed",
    [
        pytest.param(bytes(16), id="zeros where a line was synced"),
        pytest.param(LINE % 7, id="another line"),
        pytest.param(b"no number at all", id="something else"),
    ],
)
def test_what_is_read_wrongly_is_told_at_once(tmp_path: Path, observed: bytes) -> None:
    """And not that nothing was read in time."""
    (tmp_path / "read").write_bytes(observed)

    with (
        pytest.raises(AssertionError, match="line 0 was read as"),
        SteadyFile(tmp_path / "written", tmp_path / "read"),
    ):
        pass


def test_what_was_acknowledged_and_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with SteadyFile(path, path) as file:
        file.wait_for(5, within=30)
    path.write_bytes(LINE % 0)

    with pytest.raises(AssertionError):
        file.check()
