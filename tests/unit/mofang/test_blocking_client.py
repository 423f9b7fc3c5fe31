"""The blocking client is made of the one of asyncio."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mofang
from mofang.async_client import AsyncClient
from mofang.client import Client

WRITER = Path(mofang.__file__).parents[2] / "write_client.py"


def test_the_blocking_client_is_up_to_date():
    """Run `make client` after a change of async_client.py."""
    done = subprocess.run(
        [sys.executable, str(WRITER), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


METHODS = [name for name in vars(AsyncClient) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_both_clients_take_the_same(name):
    mine, other = getattr(Client, name), getattr(AsyncClient, name)
    assert inspect.signature(mine).parameters == inspect.signature(other).parameters
    assert mine.__doc__ == other.__doc__


def test_the_blocking_client_waits_for_nothing_asynchronous():
    arguments = inspect.getsource(sys.modules[Client.__module__]).split()
    assert not {"async", "await", "asyncio"} & set(arguments)
