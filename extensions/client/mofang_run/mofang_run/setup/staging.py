"""Copy staged outputs from the scratch disk to their destination while a job runs.

New and changed files only, and nothing is ever deleted there. Each file appears under
its name when all of it is there, so readers never see half of one.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mofang_run.job.replica import ReplicaContext
from mofang_run.process.exit_codes import CANNOT_EXECUTE, RefusalError
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe
from mofang_run.process.waiting import pause

if TYPE_CHECKING:
    from typing import Self

PERIOD_SECONDS = 60.0
REPORT_SECONDS = 10.0
MAX_COMPLAINTS = 3
LOST_OUTPUT = 1
"""Exit code of a replica whose command went well and whose outputs were lost."""

_TICK_SECONDS = 0.5
_SAME_NANOSECONDS = 2_000_000
"""Not every file system keeps times to the nanosecond."""


@dataclass(frozen=True)
class Staged:
    """One output: where the script writes it, and where it belongs."""

    name: str
    source: Path
    target: Path


def preload(replica: ReplicaContext, staged: Staged) -> None:
    """Copy what the target holds to the scratch disk, with lines of progress.

    Raises:
        RefusalError: Not all of it could be copied. A script that starts without what
            it should resume from begins anew, over the good files.
        StoppedError: A signal came meanwhile.
    """
    say = replica.output.say
    copier = Copier(f"load-{replica.settings.replica}", staged.target, staged.source)
    reported = time.monotonic()
    for _ in copier.steps():
        pause(0, replica.signals)
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            say(f"Loading the output {staged.name}: {copier.progress()} so far.")
    if copier.failed:
        raise RefusalError(_missing_message(staged, copier), CANNOT_EXECUTE)
    say(f"Loaded {copier.progress()} of the output {staged.name} from {staged.target}.")


def _missing_message(staged: Staged, copier: Copier) -> str:
    first = " ".join(copier.take_complaints()[:MAX_COMPLAINTS])
    return (
        f"The output {staged.name} could not be loaded from {staged.target}; failures: "
        f"{copier.failed}. {first} The command was not started, as it would begin anew "
        "and replace what is there. Make these files readable; if the scratch disk is "
        "too small for them, submit the job without staging this output."
    )


@contextmanager
def staging(
    replica: ReplicaContext, staged: Sequence[Staged]
) -> Iterator[StagedOutputs]:
    """Keep the targets up to date, in the background and once more at the end."""
    stage = StagedOutputs(replica.settings.job, replica, staged)
    with stage:
        yield stage


class StagedOutputs:
    """The copying of all staged outputs of a replica."""

    def __init__(
        self, job: str, replica: ReplicaContext, staged: Sequence[Staged]
    ) -> None:
        self._output: ReplicaOutput = replica.output
        self._signals: SignalPipe = replica.signals
        owner = f"{job}-{replica.settings.replica}"
        self._copiers = {
            one.name: Copier(owner, one.source, one.target) for one in staged
        }
        self._turn = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        if self._copiers:
            self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._end.set()
        if self._copiers:
            self._thread.join()
            self._copy(is_last=True)

    def finish(self, code: int) -> int:
        """Copy what the command left; return its exit code, or 1 for lost outputs."""
        if not self._copiers or self._copy(is_last=True):
            return code
        if not code:
            self._output.say(
                "Outputs could not be copied to their place, so this replica ends with "
                f"exit code {LOST_OUTPUT}."
            )
        return code or LOST_OUTPUT

    def _work(self) -> None:
        due = time.monotonic() + PERIOD_SECONDS
        was_stopped = False
        while not self._end.wait(_TICK_SECONDS):
            # A command that is told to end may not do so before it is killed, and we
            # with it: what is there is copied at once.
            is_stopped = self._signals.stopped_by is not None
            if time.monotonic() >= due or (is_stopped and not was_stopped):
                was_stopped = is_stopped
                self._copy(is_last=False)
                due = time.monotonic() + PERIOD_SECONDS

    def _copy(self, *, is_last: bool) -> bool:
        is_well = True
        with self._turn:
            for name, copier in self._copiers.items():
                before = copier.files
                for _ in copier.steps(is_last=is_last):
                    if self._end.is_set() and not is_last:
                        break
                complaints = copier.take_complaints()
                for message in complaints:
                    self._output.say(message)
                is_well = is_well and not copier.failed
                if is_last and copier.files > before:
                    self._output.say(
                        f"Copied the output {name} to {copier.target}: "
                        f"{copier.progress()}."
                    )
        return is_well


class Copier:
    """Copies one tree to another, again and again."""

    def __init__(self, owner: str, source: Path, target: Path) -> None:
        self.target = target
        self.files = 0
        self.bytes = 0
        self.failed = 0
        """How many entries could not be copied in the last round."""

        self._source = source
        self._drafts = target / f".mofang-copying-{owner}"
        self._copied: dict[str, tuple[int, int]] = {}
        """Size and time of what was copied, by path below the source."""

        self._complained: set[str] = set()
        self._complaints: dict[str, str] = {}

    def progress(self) -> str:
        """Return how much was copied so far, in words."""
        return f"{self.files} files, {self.bytes / 1e6:.1f} MB"

    def take_complaints(self) -> Sequence[str]:
        """Return what went wrong and was not said before."""
        fresh = [
            message
            for place, message in self._complaints.items()
            if place not in self._complained
        ]
        self._complained.update(self._complaints)
        self._complaints.clear()
        return fresh[:10]

    def steps(self, *, is_last: bool = True) -> Iterator[None]:
        """Copy all that is new or changed; yields after each entry."""
        self.failed = 0
        for folder, folders, names in os.walk(
            str(self._source), onerror=self._fail_folder
        ):
            below = os.path.relpath(folder, str(self._source))
            with self._noting(folder):
                (self.target / below).mkdir(parents=True, exist_ok=True)
            links = [name for name in folders if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
            folders[:] = [n for n in folders if not n.startswith(".mofang-copying-")]
            for name in [*names, *links]:
                path = os.path.normpath(os.path.join(below, name))  # noqa: PTH118
                with self._noting(path):
                    self._copy(path, is_last=is_last)
                yield
        with suppress(OSError):
            self._drafts.rmdir()

    @contextmanager
    def _noting(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            # What the script removed meanwhile is not missed; the target is.
            if error.filename is None or str(self._source) not in str(error.filename):
                self._fail(error, path)
        except OSError as error:
            self._fail(error, path)

    def _fail_folder(self, error: OSError) -> None:
        is_removed = isinstance(error, FileNotFoundError)
        if not is_removed or error.filename == str(self._source):
            self._fail(error)

    def _fail(self, error: OSError, path: str = "") -> None:
        self.failed += 1
        path = path or str(error.filename)
        self._complaints[path] = (
            f"{path} could not be copied to {self.target}: {error.strerror or error}."
        )

    def _copy(self, path: str, *, is_last: bool) -> None:
        source, target = self._source / path, self.target / path
        state = source.lstat()
        mark = (state.st_size, state.st_mtime_ns)
        if self._copied.get(path) == mark:
            return
        if stat.S_ISLNK(state.st_mode):
            self._copy_link(source, target)
        elif not stat.S_ISREG(state.st_mode):
            return
        elif not _is_same(state, target):
            draft = self._draft()
            shutil.copyfile(str(source), str(draft))
            shutil.copystat(str(source), str(draft))
            after = source.lstat()
            if (after.st_size, after.st_mtime_ns) != mark and not is_last:
                # It is being written to: better the next time than torn.
                draft.unlink()
                return
            os.replace(str(draft), str(target))  # noqa: PTH105
            self.files += 1
            self.bytes += state.st_size
        self._copied[path] = mark

    def _copy_link(self, source: Path, target: Path) -> None:
        wanted = os.readlink(str(source))  # noqa: PTH115
        home = f"{self._source}{os.sep}"
        if wanted.startswith(home):
            wanted = str(self.target / wanted[len(home) :])
        with suppress(OSError):
            if os.readlink(str(target)) == wanted:  # noqa: PTH115
                return
        draft = self._draft()
        draft.symlink_to(wanted)
        os.replace(str(draft), str(target))  # noqa: PTH105
        self.files += 1

    def _draft(self) -> Path:
        # On the target's file system, where a rename is one step.
        self._drafts.mkdir(exist_ok=True)
        draft = self._drafts / "part"
        with suppress(FileNotFoundError):
            draft.unlink()
        return draft


def _is_same(state: os.stat_result, target: Path) -> bool:
    try:
        there = target.lstat()
    except OSError:
        return False
    return (
        stat.S_ISREG(there.st_mode)
        and there.st_size == state.st_size
        and abs(there.st_mtime_ns - state.st_mtime_ns) < _SAME_NANOSECONDS
    )
