"""Read the files of samples, in which users may write what they like.

Blocking; ``SampleStorage`` runs it in threads. Bounded in bytes and in lines; no link
is followed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.samples import BadSampleError, Sample, parse_sample
from mofang_storage.confined_fs import UnsafePathError, open_file

log = structlog.get_logger(__name__)

MAX_BYTES = 9 * 1024**2
"""The wrapper thins a file out at 8 MiB; of a longer one the end is read."""

RECENT_BYTES = 128 * 1024
"""At least a quarter of an hour, with eight GPUs."""

MAX_LINE_BYTES = 16 * 1024
MAX_SAMPLES = 2000
"""Of more, evenly spaced ones are read: counters lose nothing by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """What was in a replica's file."""

    samples: tuple[Sample, ...] = ()
    """As they were written, oldest first, of all attempts."""

    bad_lines: int = 0
    """Lines that were passed over."""

    @property
    def newest_run(self) -> tuple[Sample, ...]:
        """The samples since the wrapper was last started."""
        if not self.samples:
            return ()
        run = self.samples[-1].run
        return tuple(each for each in self.samples if each.run == run)


class SampleStorage:
    """Reads samples beneath the root of the logs."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def read(self, name: LogName) -> SampleFile:
        """Return all samples, or as many as a chart can use; empty without a file."""
        return await asyncio.to_thread(self._read, name)

    async def read_recent(self, name: LogName) -> SampleFile:
        """Return the newest samples, back to the last change of the digest.

        Empty without a file.
        """
        return await asyncio.to_thread(self._read_recent, name)

    def _read(self, name: LogName) -> SampleFile:
        content, is_cut = self._end(name, MAX_BYTES)
        return parse_samples(content, is_cut=is_cut)

    def _read_recent(self, name: LogName) -> SampleFile:
        content, is_cut = self._end(name, RECENT_BYTES)
        return parse_recent(content, is_cut=is_cut)

    def _end(self, name: LogName, limit: int) -> tuple[bytes, bool]:
        """Return the end of a file, and whether it is less than all."""
        parts = sample_parts(name)
        try:
            file = open_file(self._root, parts)
        except FileNotFoundError:
            return b"", False
        except (UnsafePathError, OSError) as err:
            log.warning("samples are not used", path="/".join(parts), error=str(err))
            return b"", False
        try:
            size = os.fstat(file).st_size
            start = max(size - limit, 0)
            return os.pread(file, min(size, limit), start), start > 0
        except OSError as err:
            log.warning("samples are not read", path="/".join(parts), error=str(err))
            return b"", False
        finally:
            os.close(file)


def sample_parts(name: LogName) -> tuple[str, ...]:
    """Return the parts of the file's path beneath the root of the logs."""
    *folder, file = name.parts
    return (*folder, f"{file.removesuffix('.log')}.samples.jsonl")


def parse_samples(content: bytes, *, is_cut: bool = False) -> SampleFile:
    """Read lines; whatever is no sample is counted and passed over.

    Args:
        content: Of the file.
        is_cut: Whether the first line lacks its beginning.
    """
    found, bad = [], 0
    for line in _spread(_lines(content, is_cut=is_cut)):
        sample = _parse(line)
        if sample is None:
            bad += 1
        else:
            found.append(sample)
    return SampleFile(samples=tuple(found), bad_lines=bad)


def parse_recent(content: bytes, *, is_cut: bool = False) -> SampleFile:
    """Read lines from the last one back to the first that is not of its silence.

    Of a job that does I/O these are two, so that hundreds of replicas can be looked at
    each minute.
    """
    found: list[Sample] = []
    bad = 0
    for line in reversed(_lines(content, is_cut=is_cut)):
        sample = _parse(line)
        if sample is None:
            bad += 1
            continue
        found.append(sample)
        if sample.digest != found[0].digest:
            break
    return SampleFile(samples=tuple(reversed(found)), bad_lines=bad)


def _lines(content: bytes, *, is_cut: bool) -> Sequence[bytes]:
    # A last line without its end is still being written.
    lines = content.split(b"\n")[1 if is_cut else 0 : -1]
    return [line for line in lines if line.strip()]


def _parse(line: bytes) -> Sample | None:
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        return parse_sample(line)
    except BadSampleError:
        return None


def _spread(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Return at most as many as are read, evenly spaced, the newest included."""
    step = -(-len(lines) // MAX_SAMPLES)
    return lines[::-1][::step][::-1] if step > 1 else lines
