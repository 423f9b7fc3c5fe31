"""Remember when a command of the tests last passed on this machine.

``python -m tests.support.passed test-long test-bare`` prints a sentence for each.
"""

import datetime
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mofang_local.local_paths import paths

REPOSITORY = Path(__file__).parents[2]


def _file(name: str) -> Path:
    # Beside the platform's state, which `make clean` removes.
    return paths().state.parent / "tests" / f"{name}.json"


def _git(checkout: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", *arguments], cwd=checkout, text=True).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a run tests."""

    commit: str
    modified: bool
    """Whether there were uncommitted changes."""


def begin(checkout: Path = REPOSITORY) -> Tested:
    """Return what a run that begins now tests.

    Somebody may commit before it ends, which may take an hour.
    """
    return Tested(
        commit=_git(checkout, "rev-parse", "--short=12", "HEAD"),
        modified=bool(_git(checkout, "status", "--porcelain")),
    )


def record(name: str, tested: Tested, seconds: float) -> None:
    """Write that the make target has passed just now.

    Args:
        name: The target.
        tested: What ``begin`` returned when the run began.
        seconds: How long it took.
    """
    passed = {
        "time": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "commit": tested.commit,
        "modified": tested.modified,
        "minutes": round(seconds / 60, 1),
    }
    path = _file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(passed))


def message(name: str) -> str:
    """Say when the make target last passed."""
    path = _file(name)
    if not path.exists():
        return f"`make {name}` has not passed on this machine yet."
    passed = json.loads(path.read_text())
    time = datetime.datetime.fromisoformat(passed["time"])
    changed = " with uncommitted changes" if passed["modified"] else ""
    return (
        f"`make {name}` last passed on {time:%d %B %Y at %H:%M}, commit "
        f"{passed['commit']}{changed}, in {passed['minutes']} minutes."
    )


if __name__ == "__main__":
    print("\n".join(map(message, sys.argv[1:])))
