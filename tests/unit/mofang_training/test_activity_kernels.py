"""Real kernels and terminals that work without looking like it: none is idle."""

import asyncio
import contextlib
import sys

import pytest
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler
from unit.mofang_training.notebook import running_notebook, served

from mofang_training.activity.changes import count_changes
from mofang_training.activity.rule import ActivityState, Thresholds, classify_activity
from mofang_training.activity.sampler import ActivitySampler

NOTEBOOK = "work/train.ipynb"
PERIOD = 0.3
# The network of this host is everybody's.
THRESHOLDS = Thresholds(window_seconds=2.0, received_bytes_per_second=float("inf"))
REPLY_SECONDS = 60


class Server:
    """A server with one notebook, which is sampled as a reporter does."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.app = notebook.app
        changes = count_changes(self.app.web_app.settings)
        self.sampler = ActivitySampler(self.app, lambda: changes.count)
        self.samples = []
        self.activity = ActivityState()
        self.client = None

    async def open_notebook(self):
        await self.app.session_manager.create_session(
            path=NOTEBOOK, name="train.ipynb", type="notebook", kernel_name="python3"
        )
        (kernel,) = self.app.kernel_manager.list_kernel_ids()
        self.client = self.app.kernel_manager.get_kernel(kernel).client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=REPLY_SECONDS)

    async def run(self, code):
        """Run a cell to its end."""
        reply = await self.client.execute_interactive(
            code, timeout=REPLY_SECONDS, output_hook=lambda message: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]

    async def output(self, message_type):
        """Wait for a message of the kernel."""
        async with asyncio.timeout(REPLY_SECONDS):
            while True:
                message = await self.client.get_iopub_msg()
                if message["msg_type"] == message_type:
                    return message["content"]

    async def sample(self):
        await asyncio.sleep(PERIOD)
        self.samples.append(await self.sampler.take())
        self.activity = classify_activity(self.samples, THRESHOLDS, self.activity)
        return self.activity

    async def until_idle(self):
        async with asyncio.timeout(REPLY_SECONDS):
            while (await self.sample()).is_active:
                pass

    async def always(self, count=6):
        """Sample; return the answers from when the start of it all is over."""
        skipped = int(THRESHOLDS.window_seconds / PERIOD) + 2
        return [await self.sample() for _ in range(skipped + count)][skipped:]


@pytest.fixture
async def server(monkeypatch, tmp_path):
    async with running_notebook(
        monkeypatch, tmp_path, "mofang_training", beside=["jupyter_server_terminals"]
    ) as notebook:
        server = Server(notebook)
        yield server
        if server.client is not None:
            server.client.stop_channels()
        await server.app.web_app.settings["terminal_manager"].terminate_all()


async def assert_never_idle(server, reason):
    for activity in await server.always():
        assert activity.is_active
        assert any(reason in each for each in activity.reasons), activity.reasons


async def test_a_kernel_and_a_shell_at_rest_are_idle(server):
    """What shows that the others below could fail."""
    await server.open_notebook()
    await server.run("import math; data = list(range(10**6))")
    server.app.web_app.settings["terminal_manager"].create()

    await server.until_idle()

    assert await server.sampler.open_notebooks() == [NOTEBOOK]


async def test_a_program_that_the_server_runs_for_an_open_page_does_not_count(server):
    """As the one that lists packages, each minute; it is met by a sample at times."""
    await server.until_idle()
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "open('/dev/zero', 'rb').read(10**8); print(flush=True); input()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await program.stdout.readline()

    while_it_runs = await server.sample()
    await program.communicate(b"\n")
    afterwards = await server.sample()

    assert not while_it_runs.is_active
    assert not afterwards.is_active


async def test_a_cell_that_sleeps_is_never_idle(server):
    await server.open_notebook()
    await server.until_idle()
    server.client.execute("import time; time.sleep(600)")

    await assert_never_idle(server, f"a kernel is busy: {NOTEBOOK}")


async def test_an_input_that_nobody_gives_is_never_idle(server):
    await server.open_notebook()
    await server.until_idle()
    server.client.execute("input('name? ')")
    async with asyncio.timeout(REPLY_SECONDS):
        assert await server.client.get_stdin_msg()

    await assert_never_idle(server, "a kernel is busy")


async def test_pdb_at_a_breakpoint_is_never_idle(server):
    await server.open_notebook()
    await server.until_idle()
    server.client.execute("import pdb; pdb.run('x = 1')")
    async with asyncio.timeout(REPLY_SECONDS):
        assert await server.client.get_stdin_msg()

    await assert_never_idle(server, "a kernel is busy")


async def test_jupyterlabs_debugger_at_a_breakpoint_is_never_idle(server):
    await server.open_notebook()
    await server.until_idle()
    debugger = Debugger(server.client)
    code = "x = 1\ny = 2\n"
    await debugger.ask("initialize", clientID="tests", adapterID="python")
    await debugger.ask("attach")
    cell = await debugger.ask("dumpCell", code=code)
    await debugger.ask(
        "setBreakpoints",
        source={"path": cell["sourcePath"]},
        breakpoints=[{"line": 2}],
        sourceModified=False,
    )
    await debugger.ask("configurationDone")
    server.client.execute(code)
    while (await server.output("debug_event"))["event"] != "stopped":
        pass

    await assert_never_idle(server, "a kernel is busy")


async def test_a_thread_that_trains_in_a_kernel_at_rest_is_never_idle(server):
    await server.open_notebook()
    await server.run(
        "import threading\n"
        "def train():\n"
        "    while True: sum(range(10**5))\n"
        "threading.Thread(target=train, daemon=True).start()"
    )

    await assert_never_idle(server, "processes compute")


async def test_a_download_by_a_kernel_at_rest_is_never_idle(server, tmp_path):
    async with served(Application([("/", SlowFile)])) as port:
        await server.open_notebook()
        await server.run(
            "import threading, urllib.request\n"
            "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
            "def download():\n"
            f"    answer = opener.open('http://127.0.0.1:{port}/')\n"
            f"    with open({str(tmp_path / 'data')!r}, 'wb', buffering=0) as file:\n"
            "        while piece := answer.read(4096): file.write(piece)\n"
            "threading.Thread(target=download, daemon=True).start()"
        )

        await assert_never_idle(server, "processes read or write")


async def test_a_thread_that_prints_now_and_then_is_never_idle(server):
    await server.open_notebook()
    await server.run(
        "import threading, time\n"
        "def watch():\n"
        "    while True: print('.', flush=True); time.sleep(0.1)\n"
        "threading.Thread(target=watch, daemon=True).start()"
    )

    await assert_never_idle(server, "printed")


async def test_a_program_in_front_of_a_terminal_is_never_idle(server):
    shell = open_terminal(server)
    await server.until_idle()
    shell.ptyproc.write("sleep 600\n")

    await assert_never_idle(server, "a program runs in a terminal: sleep")


async def test_a_script_in_front_of_a_terminal_is_never_idle(server, tmp_path):
    (tmp_path / "wait.sh").write_text("read answer < wait.fifo\n")
    shell = open_terminal(server)
    await server.until_idle()
    shell.ptyproc.write(f"cd {tmp_path}; mkfifo wait.fifo; bash wait.sh\n")

    await assert_never_idle(server, "a program runs in a terminal: bash")


async def test_a_program_behind_a_terminal_is_never_idle_while_it_computes(server):
    shell = open_terminal(server)
    # Several, that some of them run on a busy machine.
    shell.ptyproc.write("for i in 1 2 3 4; do (while :; do :; done) & done\n")

    await assert_never_idle(server, "processes compute")


async def test_a_file_that_is_saved_counts_and_a_list_that_is_read_does_not(server):
    await server.until_idle()
    async with server.notebook.client() as http:
        (await http.get("api/contents")).raise_for_status()
        read = await server.sample()
        body = {"type": "file", "format": "text", "content": "x"}
        (await http.put("api/contents/notes.txt", json=body)).raise_for_status()
        saved = await server.sample()

    assert not read.is_active
    assert saved.reasons == ("files or sessions were changed",)


def open_terminal(server):
    terminals = server.app.web_app.settings["terminal_manager"]
    return terminals.terminals[terminals.create()["name"]]


class SlowFile(RequestHandler):
    """A file that comes at 40 KiB a second."""

    async def get(self):
        with contextlib.suppress(StreamClosedError):
            while True:
                self.write(b"x" * 4096)
                await self.flush()
                await asyncio.sleep(0.1)


class Debugger:
    """Asks a kernel's debugger as JupyterLab does."""

    def __init__(self, client):
        self._client = client
        self._count = 0

    async def ask(self, command, **arguments):
        self._count += 1
        content = {
            "seq": self._count,
            "type": "request",
            "command": command,
            "arguments": arguments,
        }
        message = self._client.session.msg("debug_request", content)
        self._client.control_channel.send(message)
        async with asyncio.timeout(REPLY_SECONDS):
            while True:
                reply = await self._client.get_control_msg()
                if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                    break
        assert reply["content"].get("success"), reply["content"]
        return reply["content"].get("body") or {}
