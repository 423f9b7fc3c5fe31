"""The disk of the audit log is full: no event is lost, and none spoils another."""

from support.full_disk import run_on_small_disk

SCRIPT = """
import json, logging
from datetime import UTC, datetime
from mofang_audit.files import AuditFileHandler

said = []

class Said(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())

logging.getLogger("mofang_audit.files").addHandler(Said())
handler = AuditFileHandler(DISK, "hub", keep_days=9, max_bytes=2**30, host="h")

def record(number):
    text = json.dumps({"number": number, "text": "x" * 777})
    handler.handle(logging.LogRecord("a", logging.INFO, "", 0, text, None, None))

record(0)
fill()
for number in range(1, 40):
    record(number)
make_room()
record(40)
handler.close()

(path,) = DISK.glob("*.jsonl")
written = set()
for line in path.read_text().splitlines():
    try:
        written.add(json.loads(line)["number"])
    except ValueError:
        assert line == "" or line.startswith('{"number"')
elsewhere = {json.loads(each[each.index("{"):])["number"] for each in said}
assert written | elsewhere == set(range(41)), (written, elsewhere)
assert not written & elsewhere
assert {0, 40} <= written
assert all("No space left on device" in each for each in said)
"""


def test_each_event_is_in_the_file_or_in_the_programs_own_log(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()

    run_on_small_disk(SCRIPT, folder)
