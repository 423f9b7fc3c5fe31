import os
import shutil
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from unit.mofang.fake_service import BORN, a_job, refuse

from mofang.client import Client
from mofang.errors import (
    ConfigurationError,
    InvalidError,
    JobFailedError,
    MofangError,
)
from mofang.handle import JobHandle
from mofang.notebook.cell_source import write_cell
from mofang.notebook.live import LiveView
from mofang.notebook.magic import MofangMagic
from mofang_api.models import Framework, JobState, QueuePosition, RestartRecord

REPOSITORY = Path(__file__).resolve().parents[3]
CELL = "print('hello')\n"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def connect(home, service):
    """Make a client as in a notebook of the platform."""

    def connect() -> Client:
        client = service.connect()
        client.settings = replace(
            client.settings,
            environment="pytorch",
            shared_directories=(str(home), "/projects"),
        )
        return client

    return connect


@pytest.fixture
def shell(home, connect, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher()
    magic = MofangMagic(shell, connect)
    shell.register_magic_function(magic, "line_cell", "mofang")
    shell.register_magic_function(magic.list_jobs, "line", "mofang_jobs")
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def shown(shell) -> list[str]:
    return [output["data"]["text/html"] for output in shell.display_pub.outputs]


def test_a_cell_may_run_in_another_environment(shell, service):
    shell.run_cell_magic("mofang", "--environment ray --framework ray", CELL)
    [job] = service.jobs.values()
    assert (job.spec.image, job.spec.environment) == ("", "ray")


def test_a_cell_becomes_a_job_that_is_shown_until_it_ends(shell, service, clock):
    service.steps = [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED]
    service.logs["worker-0"] = b"hello & bye\n"
    line = "--replicas 2 --memory 2Gi --follow -- --epochs 3"
    shell.run_cell_magic("mofang", line, CELL)
    job = service.jobs["digits-000001"]
    assert Path(job.spec.script).read_text() == CELL
    assert job.spec.replicas == 2
    assert job.spec.resources.memory == "2Gi"
    assert job.spec.arguments == ["--epochs", "3"]
    states = [next(s for s in JobState if f">{s}<" in html) for html in shown(shell)]
    assert states == ["Submitted", "Queued", "Running", "Succeeded"]
    assert "hello &amp; bye" in shown(shell)[-1]


def test_the_notebook_gets_a_handle_on_the_job(shell, service, clock):
    service.steps = [JobState.SUCCEEDED]
    shell.run_cell_magic("mofang", "--follow", CELL)
    handle = shell.user_ns["mofang_job"]
    assert isinstance(handle, JobHandle)
    assert handle.state is JobState.SUCCEEDED


def test_without_follow_the_view_lives_on_beside_the_next_cells(shell, service, clock):
    shell.kernel = object()
    service.steps = [JobState.RUNNING, JobState.SUCCEEDED]
    shell.run_cell_magic("mofang", "--name 'My cell'", CELL)
    assert service.jobs["digits-000001"].spec.name == "My cell"
    for thread in threading.enumerate():
        if thread.name == "mofang-digits-000001":
            thread.join(timeout=10)
    assert ">Succeeded<" in shown(shell)[-1]


def test_a_terminal_is_told_once(shell, service):
    """Lines that are printed cannot be updated; a thread would only disturb."""
    before = threading.active_count()
    shell.run_cell_magic("mofang", "", CELL)
    assert threading.active_count() == before
    assert len(shown(shell)) == 1


def test_an_interrupt_ends_the_view_and_not_the_job(shell, service, clock):
    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.when_paused = interrupt
    shell.run_cell_magic("mofang", "--follow", CELL)
    assert "the job goes on" in shown(shell)[-1]
    assert service.jobs["digits-000001"].state is JobState.SUBMITTED


@pytest.mark.parametrize(
    ("line", "cell", "says"),
    [
        pytest.param("--replicas 0", CELL, "replicas: ", id="out of bounds"),
        pytest.param("--replicas two", CELL, "--replicas 2", id="no number"),
        pytest.param("--colour red", CELL, "Write it like", id="no such option"),
        pytest.param("--name 'x", CELL, "quotation", id="an open quote"),
        pytest.param("", "  \n", "empty", id="an empty cell"),
        pytest.param("", "!ls\n", "start with % or !", id="shell commands"),
        pytest.param("", "x = (\n", "line 1", id="no Python"),
        pytest.param("", "x = '\0'", "cannot run", id="a NUL"),
    ],
)
def test_what_is_refused_is_a_sentence_without_traceback(
    shell, service, line, cell, says
):
    with pytest.raises(UsageError, match=says) as caught:
        shell.run_cell_magic("mofang", line, cell)
    assert caught.value.__suppress_context__
    assert service.jobs == {}


def test_a_refused_cell_stops_a_run_of_all_cells_and_prints_no_traceback(
    shell, service, capsys
):
    service.answers = [refuse(403, "forbidden", "Viewers submit nothing.")]
    result = shell.run_cell(f"%%mofang\n{CELL}")
    assert not result.success
    said = "".join(capsys.readouterr())
    assert "Viewers submit nothing." in said
    assert "Traceback" not in said


def test_the_line_magic_lists_jobs_or_shows_one(shell, service):
    service.add(a_job(1))
    service.add(a_job(2))
    assert [job.id for job in shell.run_line_magic("mofang", "")] == [
        "digits-000002",
        "digits-000001",
    ]
    assert shell.run_line_magic("mofang", "digits-000001").id == "digits-000001"
    with pytest.raises(UsageError, match="There is no job"):
        shell.run_line_magic("mofang", "digits-000009")


def test_the_extension_loads_by_name(shell):
    shell.run_line_magic("load_ext", "mofang")
    assert "mofang" in shell.magics_manager.magics["cell"]
    assert "mofang" in shell.magics_manager.magics["line"]
    assert "mofang_jobs" in shell.magics_manager.magics["line"]
    with pytest.raises(UsageError, match=r"MOFANG_API_URL|log in"):
        shell.run_line_magic("mofang_jobs", "")


def test_a_fresh_kernel_knows_the_magics_and_starts_without_their_imports(tmp_path):
    """The image's configuration is read as IPython reads it."""
    places = tmp_path / "etc" / "ipython"
    places.mkdir(parents=True)
    shutil.copy(REPOSITORY / "images" / "ours" / "ipython_config.py", places)
    command = (
        "import sys, IPython.core.application as app, IPython\n"
        f"app.SYSTEM_CONFIG_DIRS[:] = [{str(places)!r}]\n"
        "IPython.start_ipython(['-c', "
        '\'import sys; print("knows", get_ipython().find_cell_magic("mofang")'
        ' is not None, "mofang.notebook.magic" in sys.modules)\'])\n'
    )
    ended = subprocess.run(
        [sys.executable, "-c", command],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "knows True False" in ended.stdout


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_cell_whose_followed_job_fails_stops_a_run_of_all_cells(
    shell, service, connect, clock, capsys, state
):
    shell.run_line_magic("load_ext", "mofang")
    shell.register_magic_function(MofangMagic(shell, connect), "line_cell", "mofang")
    service.steps = [JobState.RUNNING, state]
    result = shell.run_cell(f"%%mofang --follow\n{CELL}")
    assert isinstance(result.error_in_exec, JobFailedError)
    shown = "".join(capsys.readouterr())
    assert f"Job digits-000001 ended as {state}" in shown
    assert "Traceback" not in shown
    assert shell.user_ns["mofang_job"].state is state


def test_a_cell_takes_every_option_of_a_job(shell, service):
    line = (
        "--framework tensorflow --role ps=1 --set lr=0.1 --set 'opt=two words' "
        "--output run=/projects/vision/run,staged --restart 3 --hold-on-failure 1h "
        "-- --quiet"
    )
    shell.run_cell_magic("mofang", line, CELL)
    spec = service.jobs["digits-000001"].spec
    assert spec.hyperparameters == {"lr": 0.1, "opt": "two words"}
    assert spec.roles["ps"].replicas == 1
    assert spec.outputs[0].staged
    assert (spec.restart.limit, spec.hold_on_failure_minutes) == (3, 60)
    assert spec.arguments == ["--quiet"]


def test_a_file_may_say_what_a_cell_runs_with(shell, service, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text("script: other.py\nreplicas: 3\nname: From a file\n")
    shell.run_cell_magic("mofang", f"--spec {path} --gpu 1", CELL)
    spec = service.jobs["digits-000001"].spec
    assert Path(spec.script).read_text() == CELL
    assert (spec.name, spec.replicas, spec.resources.gpu) == ("From a file", 3, 1)


def test_a_cell_may_be_looked_at_before_it_is_submitted(shell, service):
    service.preview = service.preview.model_copy(
        update={"manifest": "kind: <b>", "fields": {"image": "Choose another."}}
    )
    shell.run_cell_magic("mofang", "--dry-run", CELL)
    [html] = shown(shell)
    assert "kind: &lt;b&gt;" in html
    assert "image: Choose another." in html
    assert ">2 GiB<" in html
    assert "Usable in /cache: worker 4.5 GiB." in html
    assert service.jobs == {}


def test_a_cell_on_a_laptop_is_refused_as_no_job_could_read_it(shell, service):
    shell.register_magic_function(
        MofangMagic(shell, service.connect), "line_cell", "mofang"
    )
    with pytest.raises(UsageError, match="notebook of the platform"):
        shell.run_cell_magic("mofang", "", CELL)
    assert service.jobs == {}


@pytest.mark.parametrize("line", ["--command nvidia-smi", "--snapshot"])
def test_a_cell_is_itself_the_code(shell, service, line):
    with pytest.raises(UsageError, match=r"cell"):
        shell.run_cell_magic("mofang", line, CELL)
    assert service.jobs == {}


def test_jobs_are_listed_as_the_command_line_does(shell, service, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    service.add(a_job(1))
    service.add(a_job(2, owner="ben"))
    found = shell.run_line_magic("mofang_jobs", "--mine --state running")
    assert [job.id for job in found] == ["digits-000001"]
    assert "<table>" in found._repr_html_()
    assert len(shell.run_line_magic("mofang_jobs", "--limit 1")) == 1
    for line in ("--state Sleeping", "--colour", "'"):
        with pytest.raises(UsageError, match="Write it like: %mofang_jobs"):
            shell.run_line_magic("mofang_jobs", line)


def test_a_view_shows_place_attempt_restarts_and_alert(shell, service, clock, client):
    record = RestartRecord(attempt=1, at=BORN, cause="The machine <gpu-1> was lost.")
    service.add(
        a_job(
            state=JobState.CANCELLED,
            attempt=2,
            restarts=[record],
            alert="No replica has done anything for <b>10</b> minutes.",
        )
    )
    waiting = a_job(state=JobState.QUEUED, queue=QueuePosition(position=2, length=5))
    LiveView(client, waiting).follow()
    first, last = shown(shell)
    assert "Place 2 of 5 in the queue." in first
    assert "Attempt 2." in last
    assert "attempt 1 ended: The machine &lt;gpu-1&gt; was lost." in last
    assert 'role="alert"' in last
    assert "&lt;b&gt;10&lt;/b&gt;" in last


def test_a_view_shows_the_log_of_the_leading_role(shell, service, clock, client):
    spec = a_job().spec.model_copy(update={"framework": Framework.HOROVOD})
    job = service.add(a_job(state=JobState.SUCCEEDED, spec=spec))
    service.logs = {"worker-0": b"quiet", "launcher-0": b"all-reduce"}
    LiveView(client, job).follow()
    assert "all-reduce" in shown(shell)[-1]


def test_a_view_bears_a_restart_and_says_that_it_may_be_old(
    shell, service, clock, client
):
    job = service.add(a_job())
    service.steps = [JobState.SUCCEEDED]
    view = LiveView(client, job)
    service.answers = [refuse(503, "starting", "The service starts.")]
    view.follow()
    old, new = shown(shell)[-2:]
    assert "This view may be old" in old
    assert ">Succeeded<" in new


def test_a_view_lives_on_over_a_restart_of_the_hub(shell, service, clock, client):
    job = service.add(a_job())
    service.answers = [refuse(503, "starting", "The service starts.")] * 35
    service.steps = [JobState.SUCCEEDED]
    LiveView(client, job).follow()
    assert clock.seconds > 1120
    assert ">Succeeded<" in shown(shell)[-1]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        pytest.param([], "There is no job", id="the job was removed"),
        pytest.param(
            [refuse(503, "starting", "The service starts.")] * 99,
            "The service starts.",
            id="the platform stays away",
        ),
        pytest.param(
            [httpx.Response(302, headers={"Location": "/hub/login"})],
            "with a redirect",
            id="not the service",
        ),
    ],
)
def test_a_view_that_ends_before_its_job_says_so(
    shell, service, clock, client, answers, says
):
    service.answers = list(answers)
    with pytest.raises(MofangError, match=says):
        LiveView(client, a_job()).follow()
    assert says in shown(shell)[-1]
    assert "This view has stopped" in shown(shell)[-1]


def test_a_view_beside_the_cells_ends_without_an_error(shell, service, clock, client):
    LiveView(client, a_job()).start().join(timeout=10)
    assert "This view has stopped" in shown(shell)[-1]


def test_a_followed_cell_does_not_end_as_if_its_job_had(shell, service, clock):
    clock.when_paused = service.jobs.clear
    with pytest.raises(UsageError, match="There is no job"):
        shell.run_cell_magic("mofang", "--follow", CELL)


def test_a_view_shows_the_end_of_a_long_log_in_whole_lines(
    shell, service, clock, client
):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    service.logs["worker-0"] = b"".join(b"line %06d\n" % n for n in range(9999))
    LiveView(client, job).follow()
    text = shown(shell)[-1]
    assert "line 009998" in text
    assert "line 000000" not in text
    assert ">line " in text


def test_a_view_shows_progress_bars_as_they_are_now(shell, service, clock, client):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    bar = "".join(f"\r\x1b[32m{n:4} of 9999\x1b[0m" for n in range(9999))
    service.logs["worker-0"] = f"before\n{bar}\nafter\n".encode()
    LiveView(client, job).follow()
    text = shown(shell)[-1]
    assert ">9998 of 9999\nafter\n<" in text
    assert not {"\r", "\x1b"} & set(text)


def test_the_same_cell_is_the_same_private_file(home):
    first, again = write_cell(CELL, home), write_cell(CELL, home)
    assert first == again
    assert write_cell("print(1)", home) != first
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    assert len(list(first.parent.iterdir())) == 2


def test_a_home_without_room_is_said(home):
    (home / ".mofang").touch()
    with pytest.raises(ConfigurationError, match="cannot be kept"):
        write_cell(CELL, home)


def test_a_cell_with_odd_escapes_is_no_error():
    """Python warns of them; that is for the job's log, not for us."""
    with pytest.raises(InvalidError):
        write_cell("x = '\\d' +", Path("/nowhere"))
