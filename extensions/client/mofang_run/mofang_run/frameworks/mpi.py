"""MPI: mpirun in the launcher, and an sshd in every worker that it reaches.

Workers are prepared like any replica before they say that they are ready; they end
when the launcher does.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mofang_run.frameworks.openmpi import find_version, mpirun_options
from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.results import RESULT_FILE
from mofang_run.job.settings import RunSettings
from mofang_run.mpi_ssh.client import configure_client, publish_key
from mofang_run.mpi_ssh.executables import find_program
from mofang_run.mpi_ssh.output_barrier import wait_for_outputs
from mofang_run.mpi_ssh.private_tmp import private_tmp
from mofang_run.mpi_ssh.rendezvous_dir import Announcement, RendezvousDir
from mofang_run.mpi_ssh.server import SshServer, configure_server
from mofang_run.network.addresses import own_address
from mofang_run.network.peers import name_some
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LONGER, Wait, wait_until

LAUNCHER = FRAMEWORKS["mpi"].leader
WORKER = "worker"

HOSTFILE = Path("/etc/mpi/hostfile")
"""Where the operator names the workers."""

LINGER_SECONDS = 25.0
"""A worker that is told to end stays a while: its launcher was told too, most likely,
and ends the processes in order."""

WORKERS_LIMIT_SECONDS = 900.0
"""Workers install their packages before they are ready."""

FIRST_BEAT_SECONDS = 1800.0
"""The launcher's image may still have to be fetched."""

SILENCE_SECONDS = 120.0
"""After which a launcher without a sign of life is given up."""

WORKER_FAILED = 1
"""Exit code of a launcher that is short of a worker for good."""

# What every process must find as the launcher has it, if it is there.
_OF_ALL = (
    *("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONUNBUFFERED"),
    *("PYTHONNOUSERSITE", "PYTHONUSERBASE", "VIRTUAL_ENV"),
)
_OURS = ("MOFANG_JOB_ID", "MOFANG_PROJECT", "MOFANG_ATTEMPT", RESULT_FILE)
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Run mpirun, or an sshd for it."""
    path = replica.settings.run_directory
    if path is None:
        raise RefusalError(
            "MOFANG_RENDEZVOUS_DIRECTORY must name the directory where the replicas "
            "find each other.",
            WRONG_SETTINGS,
        )
    check_program(program)
    with ExitStack() as stack:
        directory = RendezvousDir(Path(path))
        home = Path(tempfile.mkdtemp(prefix="mofang-ssh-", dir=str(private_tmp())))
        stack.callback(shutil.rmtree, str(home), ignore_errors=True)
        if replica.settings.role == LAUNCHER:
            yield stack.enter_context(_launcher(replica, program, directory, home))
        else:
            yield stack.enter_context(_worker(replica, directory, home))


@contextmanager
def _launcher(
    replica: ReplicaContext, program: Program, directory: RendezvousDir, home: Path
) -> Iterator[ProcessSpec]:
    settings = replica.settings
    mpirun = find_program("mpirun", "openmpi-bin")
    try:
        with directory.heartbeat():
            publish_key(home, directory.authorized_keys)
            workers = _wait_for_workers(replica, directory)
            pairs = zip(_host_names(settings), workers.values())  # noqa: B905 - 3.8
            named = dict(pairs)
            agent = configure_client(home, named)
            hostfile = home / "hostfile"
            hostfile.write_text(
                "".join(f"{name} slots={one.slots}\n" for name, one in named.items())
            )
            processes = sum(worker.slots for worker in workers.values())
            interface = own_address().interface
            yield ProcessSpec(
                [
                    *(mpirun, "--hostfile", str(hostfile), "-np", str(processes)),
                    *mpirun_options(agent, interface, find_version(mpirun)),
                    *_forwarded(replica),
                    *program.arguments(),
                ]
            )
            directory.declare_over()
            if any(data_path.is_staged for data_path in settings.data_paths):
                wait_for_outputs(replica, directory, list(workers))
    finally:
        directory.declare_over()
        directory.remove()


def report_failure(settings: RunSettings, message: str) -> None:
    """Spare the launcher the waiting for a worker that could not be prepared."""
    if settings.run_directory and settings.role != LAUNCHER:
        with suppress(RefusalError):
            directory = RendezvousDir(Path(settings.run_directory))
            directory.report_failure(settings.replica, message)


def _forwarded(replica: ReplicaContext) -> Iterator[str]:
    outputs = [
        data_path.name.upper()
        for data_path in replica.settings.data_paths
        if data_path.is_variable
    ]
    names = [*_OF_ALL, *_OURS, *replica.settings.forwarded, *outputs]
    for name in dict.fromkeys(names):
        if name in replica.environment:
            yield from ("-x", name)


def _wait_for_workers(
    replica: ReplicaContext, directory: RendezvousDir
) -> Mapping[str, Announcement]:
    count = replica.settings.roles.get(WORKER, 0)
    if not count:
        raise RefusalError(
            "MOFANG_ROLES must state how many workers there are.", WRONG_SETTINGS
        )
    found: dict[str, Announcement] = {}
    names = [f"{WORKER}-{index}" for index in range(count)]

    def are_there() -> bool:
        for name in names:
            failure = directory.find_failure(name)
            if failure:
                raise RefusalError(f"{name} could not start: {failure}", WORKER_FAILED)
            announcement = directory.find(name)
            if announcement is not None:
                found[name] = announcement
        return len(found) == count

    def what() -> str:
        missing = [name for name in names if name not in found]
        return f"{name_some(missing)} to be ready"

    wait = Wait(
        what=what,
        advice=f"Look at the states and the logs of the workers. {LONGER}",
        limit_seconds=replica.settings.wait_limit(WORKERS_LIMIT_SECONDS),
    )
    wait_until(are_there, wait, replica.signals, replica.output)
    return {name: found[name] for name in names}


def _host_names(settings: RunSettings, hostfile: Path = HOSTFILE) -> Sequence[str]:
    """Return what mpirun calls the workers, first to last."""
    count = settings.roles.get(WORKER, 0)
    names: list[str] = []
    if hostfile.exists():
        lines = hostfile.read_text().splitlines()
        names = [line.split()[0] for line in lines if line.strip()]
    if len(names) != count or not all(map(_HOST.fullmatch, names)):
        hosts = [settings.host(WORKER, n) or f"{WORKER}-{n}" for n in range(count)]
        # mpirun calls machines by what stands before the first dot.
        names = [host.partition(".")[0] for host in hosts]
    return names


@contextmanager
def _worker(
    replica: ReplicaContext, directory: RendezvousDir, home: Path
) -> Iterator[ProcessSpec]:
    settings = replica.settings
    environment = {**replica.environment, "PWD": os.getcwd()}  # noqa: PTH109
    server = configure_server(
        home, directory.authorized_keys, environment, index=settings.index
    )
    serving = _Serving(replica, directory, server)
    try:
        yield ProcessSpec(
            server.arguments, is_over=serving.is_over, stop_delay_seconds=LINGER_SECONDS
        )
    finally:
        directory.withdraw(settings.replica)


class _Serving:
    """A worker's time, from its sshd's first answer to the launcher's end."""

    def __init__(
        self,
        replica: ReplicaContext,
        directory: RendezvousDir,
        server: SshServer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._replica = replica
        self._directory = directory
        self._server = server
        self._is_announced = False
        self._beat: int | None = None
        self._heard = clock()

    def is_over(self) -> bool:
        try:
            beat = self._directory.last_beat()
            if not self._is_announced:
                self._announce()
        except FileNotFoundError:
            self._replica.output.say("The launcher has ended.")
            return True
        except OSError:
            # The storage does not answer; silence is counted below.
            beat = self._beat
        now = self._clock()
        if beat != self._beat:
            self._beat, self._heard = beat, now
        limit = FIRST_BEAT_SECONDS if self._beat is None else SILENCE_SECONDS
        if now - self._heard < limit:
            return False
        self._replica.output.say(
            f"The launcher sent no heartbeat for {limit:.0f} s; check its state "
            "and its log."
        )
        return True

    def _announce(self) -> None:
        if not self._server.listens():
            return
        settings = self._replica.settings
        announcement = Announcement(
            ip=own_address().ip,
            port=self._server.port,
            host_key=self._server.host_key,
            user=self._server.user,
            slots=settings.processes_per_node,
        )
        self._directory.announce(settings.replica, announcement)
        self._is_announced = True
        self._replica.output.say(
            f"{settings.replica} is ready for {announcement.slots} processes, at port "
            f"{announcement.port}."
        )
