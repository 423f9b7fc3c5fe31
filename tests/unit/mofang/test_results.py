import json
import subprocess
import sys
from pathlib import Path

import pytest

import mofang


@pytest.fixture
def result(tmp_path, monkeypatch):
    for name in ("RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "logs" / "result.json"
    monkeypatch.setenv("MOFANG_RESULT_FILE", str(path))
    return path


class Scalar:
    """A number as NumPy and PyTorch have them."""

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


def test_values_are_left_and_later_ones_are_added(result):
    mofang.report(accuracy=0.9, epochs=3)
    mofang.report(accuracy=0.97, note="größer", done=True)
    assert json.loads(result.read_text()) == {
        "accuracy": 0.97,
        "epochs": 3,
        "note": "größer",
        "done": True,
    }
    assert [path.name for path in result.parent.iterdir()] == ["result.json"]


def test_outside_of_a_job_nothing_happens(result, monkeypatch, tmp_path):
    monkeypatch.delenv("MOFANG_RESULT_FILE")
    mofang.report(accuracy=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["RANK", "OMPI_COMM_WORLD_RANK"])
def test_only_the_process_of_rank_0_reports(result, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    mofang.report(accuracy=1)
    assert not result.exists()
    monkeypatch.setenv(name, "0")
    mofang.report(accuracy=1)
    assert result.exists()


def test_numbers_of_libraries_are_numbers(result):
    mofang.report(loss=Scalar(0.5))
    assert json.loads(result.read_text()) == {"loss": 0.5}


def test_a_diverged_loss_is_still_json(result):
    mofang.report(loss=float("nan"), bound=float("-inf"))
    assert json.loads(result.read_text()) == {"loss": "nan", "bound": "-inf"}


@pytest.mark.parametrize("value", [[1, 2], None, {"a": 1}, Scalar([1])])
def test_what_cannot_be_compared_is_refused_in_notebooks_too(value, monkeypatch):
    """A script that will fail in a job should fail where it is written."""
    monkeypatch.delenv("MOFANG_RESULT_FILE", raising=False)
    with pytest.raises(TypeError, match="curve must be a number, a text"):
        mofang.report(curve=value)


def test_more_than_64_kib_is_refused_and_what_was_there_stays(result):
    mofang.report(accuracy=1)
    with pytest.raises(ValueError, match="65536 are kept"):
        mofang.report(text="x" * 65536)
    assert json.loads(result.read_text()) == {"accuracy": 1}


@pytest.mark.parametrize("spoilt", [b"[1]", b"{", b"\xff"])
def test_a_spoilt_file_is_begun_anew(result, spoilt):
    result.parent.mkdir()
    result.write_bytes(spoilt)
    mofang.report(accuracy=1)
    assert json.loads(result.read_text()) == {"accuracy": 1}


def test_reporting_needs_no_more_than_the_standard_library():
    """Images of others hold the wrapper's folder and nothing of the client's needs."""
    command = "import mofang; mofang.report(accuracy=1)"
    subprocess.run(
        [sys.executable, "-S", "-c", command],
        env={"PYTHONPATH": str(Path(mofang.__file__).parents[1])},
        check=True,
    )
