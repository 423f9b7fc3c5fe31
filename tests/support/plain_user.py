"""Do a part of a test as the user of the platform's containers.

Root may read and remove anything, so that a test of permissions proves nothing as root.
"""

import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_kube.names import UID


def run_as_plain_user(work: Callable[[], None]) -> None:
    """Call a function in a child process, as user 1000 where the tests run as root.

    Raises:
        AssertionError: It raised; with its traceback.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reader)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(UID, UID, UID)
                os.setresuid(UID, UID, UID)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - the parent raises it
            os.write(writer, traceback.format_exc().encode()[-4000:])
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        failure = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    assert status == 0, failure or f"the child ended with {status}"


@contextmanager
def plain_directory() -> Iterator[Path]:
    """Make a directory that the plain user owns and reaches, and remove it.

    Directories that pytest makes are closed to everybody else.
    """
    with tempfile.TemporaryDirectory(prefix="mofang-") as name:
        path = Path(name)
        if os.geteuid() == 0:
            os.chown(path, UID, UID)
        yield path
