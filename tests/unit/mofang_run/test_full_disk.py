"""The disk of logs is full: the job goes on, says so, and writes again later."""

from pathlib import Path

from support.full_disk import run_on_small_disk

START = """
from mofang_run.metrics.sample_file import SampleFile
from mofang_run.process import output as output_module
from mofang_run.process.files import write_whole
from mofang_run.process.output import ReplicaOutput

said = os.open(DISK.parent / "said", os.O_RDWR | os.O_CREAT)
"""


def test_the_log_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    run_on_small_disk(
        START
        + """
output = ReplicaOutput(said, str(DISK / "job" / "worker-0.log"))
output.write(b"before\\n")
fill()
for number in range(2000):
    output.write(b"line %d\\n" % number)
make_room()
output.write(b"after\\n")
output.close()

log = (DISK / "job" / "worker-0.log").read_text()
assert log.startswith("before\\n"), log
assert log.endswith("bytes could not be written here.\\nafter\\n"), log
spoken = (DISK.parent / "said").read_text()
assert "line 0\\n" in spoken and "line 1999\\n" in spoken
assert spoken.count("No space left on device") == 1
""",
        _disk(tmp_path),
    )


def test_a_log_that_could_not_be_made_is_made_later(tmp_path: Path) -> None:
    run_on_small_disk(
        START
        + """
import time
now = time.monotonic()
time.monotonic = lambda: now
fillers = []
try:
    while True:
        fillers.append(DISK / str(len(fillers)))
        fillers[-1].touch()
except OSError:
    fillers.pop()
output = ReplicaOutput(said, str(DISK / "job" / "worker-0.log"))
output.write(b"lost\\n")
for each in fillers:
    each.unlink()
output.write(b"lost too\\n")
assert not (DISK / "job").exists(), "it does not try at each line"
now += output_module.REOPEN_SECONDS
output.write(b"after\\n")
output.close()

log = (DISK / "job" / "worker-0.log").read_text()
assert "bytes could not be written here.\\nafter\\n" in log, log
assert "lost" not in log
spoken = (DISK.parent / "said").read_text()
assert "lost too\\n" in spoken and "cannot be written" in spoken
""",
        _disk(tmp_path),
        options="size=256k,nr_inodes=20",
    )


def test_samples_are_whole_lines_before_and_after(tmp_path: Path) -> None:
    run_on_small_disk(
        START
        + """
import json
samples = SampleFile(DISK / "worker-0.samples.jsonl")
line = json.dumps({"text": "x" * 700}).encode()
samples.append(line)
fill()
failed = 0
for _ in range(50):
    try:
        samples.append(line)
    except OSError:
        failed += 1
assert failed
make_room()
samples.append(b'{"last": 1}')

*_, last = samples.path.read_bytes().splitlines()
assert json.loads(last) == {"last": 1}
""",
        _disk(tmp_path),
    )


def test_a_file_is_the_old_one_whole_until_the_new_one_is(tmp_path: Path) -> None:
    run_on_small_disk(
        START
        + """
path = DISK / "result.json"
write_whole(path, b"old")
fill()
try:
    write_whole(path, b"n" * 100_000)
except OSError as error:
    assert error.errno == errno.ENOSPC
else:
    raise AssertionError("it was written")
assert path.read_bytes() == b"old"
assert sorted(each.name for each in DISK.iterdir()) == ["filler", "result.json"]
make_room()
write_whole(path, b"n" * 100_000)
assert path.read_bytes() == b"n" * 100_000
""",
        _disk(tmp_path),
    )


def _disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder
