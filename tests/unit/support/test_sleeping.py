"""Unit tests sleep only where real processes or sockets leave no other way."""

import ast
from pathlib import Path

UNIT = Path(__file__).parents[1]

SLEEPING = {
    "mofang/ssh/test_proxy.py": "a process on a real WebSocket, and its pings",
    "mofang_jobs/hang/test_hang_processes.py": "processes that work or stand still",
    "mofang_jobs/logs/test_logs_http.py": "buffers of the kernel, and our memory",
    "mofang_run/test_torchrun.py": "a process that nobody may end",
    "mofang_training/test_activity_kernels.py": "kernels and terminals that work",
    "mofang_spawner/test_server_start.py": "a server on a real port",
}
"""Files that sleep for a fixed time, and for what."""


def sleeps(path):
    """Return the lines that sleep, but for those of a loop that looks again."""
    tree = ast.parse(path.read_text())
    loops = (ast.While, ast.For, ast.AsyncFor)
    again = {
        id(node)
        for loop in ast.walk(tree)
        if isinstance(loop, loops)
        for node in ast.walk(loop)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and id(node) not in again
        and ast.unparse(node.func) in {"asyncio.sleep", "time.sleep", "sleep"}
        and not (isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
    ]


def test_nothing_is_shown_by_sleeping():
    found = {
        path.relative_to(UNIT).as_posix() for path in UNIT.rglob("*.py") if sleeps(path)
    }

    assert found == set(SLEEPING)
