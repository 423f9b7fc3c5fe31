"""Spark: a standalone cluster for the time of the job; the driver runs the script."""

from __future__ import annotations

import json
import shlex
import urllib.request
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mofang_run.frameworks.service import (
    Head,
    HeadWatch,
    head_of,
    wait_for_head,
    wait_for_start,
)
from mofang_run.frameworks.shared_secret import await_secret, created_secret
from mofang_run.frameworks.spark_conf import spark_conf_dir
from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.network.addresses import Address, own_address, resolve
from mofang_run.network.peers import listens, name_some
from mofang_run.process.cgroup import cores, memory_bytes
from mofang_run.process.exit_codes import NOT_FOUND, RefusalError
from mofang_run.process.sidecar import Sidecar
from mofang_run.process.waiting import LONGER, Wait, wait_until

DECLARATION = FRAMEWORKS["spark"]
DRIVER = DECLARATION.leader
WORKER = "worker"
MASTER_PAGES = 8080
WORKER_PAGES = 8081

MEBIBYTE = 1024 * 1024
LEAST_EXECUTOR_MEBIBYTES = 512
"""Spark refuses executors that are much smaller."""

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_REQUEST_SECONDS = 2.0

WORKERS_LIMIT_SECONDS = 900.0
"""Workers install their packages before they register."""


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Run the script beside a master, or a worker of it."""
    spark_class = _find_spark(replica, program.interpreter)
    address = own_address()
    shared = {
        "SPARK_LOCAL_IP": address.ip,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": program.interpreter.executable,
    }
    for name, value in shared.items():
        replica.environment.setdefault(name, value)
    if replica.settings.role == DRIVER:
        check_program(program)
        with _driver(replica, program, spark_class, address) as launched:
            yield launched
    else:
        with _worker(replica, spark_class, address) as launched:
            yield launched


@contextmanager
def _driver(
    replica: ReplicaContext, program: Program, spark_class: str, address: Address
) -> Iterator[ProcessSpec]:
    port = replica.settings.master_port or DECLARATION.port
    arguments = master_arguments(spark_class, address.ip, port)
    with ExitStack() as stack:
        secret = stack.enter_context(created_secret(replica))
        stack.enter_context(_authenticated(replica, spark_class, secret))
        master = stack.enter_context(
            Sidecar("spark", arguments, replica.environment, replica.output)
        )
        wait_for_start(replica, "Spark", lambda: _is_up(master, address.ip))
        memory = _wait_for_workers(replica, address.ip)
        environment = driver_environment(address.ip, port, memory)
        # Who sets the arguments himself knows what he wants.
        for name in [n for n in environment if n in replica.environment]:
            del environment[name]
        yield ProcessSpec(program.arguments(), environment)


def master_arguments(spark_class: str, ip: str, port: int) -> list[str]:
    """Return how the cluster's master is started.

    Args:
        spark_class: Path of ``spark-class``.
        ip: Address of this pod.
        port: Where workers join.
    """
    return [
        *(spark_class, _MASTER, "--host", ip, "--port", str(port)),
        *("--webui-port", str(MASTER_PAGES)),
    ]


def worker_arguments(spark_class: str, ip: str, url: str, scratch: str) -> list[str]:
    """Return how a worker is started, with what its container may use.

    Args:
        spark_class: Path of ``spark-class``.
        ip: Address of this pod.
        url: ``spark://`` URL of the master.
        scratch: Directory for shuffle files; on the scratch disk.
    """
    return [
        *(spark_class, _WORKER, "--host", ip, "--cores", str(cores())),
        *("--memory", f"{executor_mebibytes(memory_bytes())}m"),
        *("--webui-port", str(WORKER_PAGES), "--work-dir", scratch, url),
    ]


def executor_mebibytes(container_bytes: int) -> int:
    """Return what a worker may give to executors.

    The rest is for the worker itself, for Python's processes beside the executor, and
    for what Java needs beside its heap.
    """
    mebibytes = container_bytes // MEBIBYTE
    return max(LEAST_EXECUTOR_MEBIBYTES, mebibytes * 3 // 4 - 256)


def driver_environment(ip: str, port: int, memory: int) -> dict[str, str]:
    """Return what makes ``SparkSession.builder.getOrCreate()`` find the cluster.

    Args:
        ip: Address of this pod.
        port: Of the master on this host.
        memory: Of each executor, in MiB.
    """
    url = f"spark://{ip}:{port}"
    settings = {
        "spark.driver.host": ip,
        "spark.driver.bindAddress": ip,
        # It draws over its own line, which in a log hides the script's.
        "spark.ui.showConsoleProgress": "false",
    }
    if memory:
        settings["spark.executor.memory"] = f"{memory}m"
    words = ["--master", url]
    for name, value in settings.items():
        words += ["--conf", f"{name}={value}"]
    return {
        "SPARK_MASTER_URL": url,
        "PYSPARK_SUBMIT_ARGS": shlex.join([*words, "pyspark-shell"]),
    }


def _is_up(master: Sidecar, ip: str) -> bool:
    if master.has_ended:
        raise RefusalError(
            "The Spark master ended at once; the lines of [spark] say why.", 1
        )
    # Its pages open last.
    return listens(ip, MASTER_PAGES)


def _wait_for_workers(replica: ReplicaContext, ip: str) -> int:
    """Return what the smallest worker may give to an executor, in MiB."""
    settings = replica.settings
    wanted = settings.roles.get(WORKER, 0)
    if not wanted:
        return 0
    found: list[tuple[str, int]] = []
    arrivals = Arrivals(settings)

    def are_there() -> bool:
        found[:] = _workers(f"http://{ip}:{MASTER_PAGES}/json/")
        arrivals.note({address for address, _ in found})
        return len(found) >= wanted

    wait = Wait(
        what=lambda: (
            f"{name_some(arrivals.missing)} to register with the Spark master "
            f"({len(found)} of {wanted} have)"
        ),
        advice=f"Look at the states and the logs of the workers. {LONGER}",
        limit_seconds=settings.wait_limit(WORKERS_LIMIT_SECONDS),
    )
    wait_until(are_there, wait, replica.signals, replica.output)
    return min(memory for _, memory in found)


class Arrivals:
    """Which workers have not come yet: the master knows them by their addresses.

    Args:
        settings: Of the driver.
        resolve: Returns the address of a host; empty while it has none.
    """

    def __init__(
        self, settings: RunSettings, resolve: Callable[[str], str] = resolve
    ) -> None:
        names = range(settings.roles.get(WORKER, 0))
        self._hosts = {f"{WORKER}-{n}": settings.host(WORKER, n) for n in names}
        self._resolve = resolve
        self._addresses: dict[str, str] = {}
        self.missing = list(self._hosts)

    def note(self, found: Collection[str]) -> None:
        """Take in the addresses of the workers that are there."""
        self.missing = [
            name for name, host in self._hosts.items() if self._find(host) not in found
        ]

    def _find(self, host: str) -> str:
        address = self._addresses.get(host) or self._resolve(host)
        self._addresses[host] = address
        return address


def _workers(url: str) -> list[tuple[str, int]]:
    """Return each living worker's address, and what it may give to executors in MiB."""
    # Never by a proxy that the user's variables name: it is our own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_REQUEST_SECONDS) as answer:
            state = json.load(answer)
    except (OSError, ValueError):
        return []
    return [
        (one["host"], one["memory"])
        for one in state.get("workers", [])
        if one.get("state") == "ALIVE"
    ]


@contextmanager
def _worker(
    replica: ReplicaContext, spark_class: str, address: Address
) -> Iterator[ProcessSpec]:
    head = master_of(replica.settings)
    wait_for_head(replica, head)
    scratch = str(Path(replica.settings.cache, "spark"))
    with _authenticated(replica, spark_class, await_secret(replica, DRIVER)):
        url = f"spark://{head.address}"
        yield ProcessSpec(
            worker_arguments(spark_class, address.ip, url, scratch),
            is_over=HeadWatch(replica, head).is_over,
        )


@contextmanager
def _authenticated(
    replica: ReplicaContext, spark_class: str, secret: Path
) -> Iterator[None]:
    """Let Spark's processes here ask callers for the secret, and encrypt."""
    with spark_conf_dir(spark_class, replica.environment, secret) as directory:
        replica.environment["SPARK_CONF_DIR"] = str(directory)
        yield


def master_of(settings: RunSettings) -> Head:
    """Return where a worker finds the master.

    The master logs everybody who calls its own port and leaves again, so its pages
    tell whether it is there.
    """
    return head_of(settings, DRIVER, DECLARATION.port, MASTER_PAGES)


def _find_spark(replica: ReplicaContext, python: Interpreter) -> str:
    home = replica.environment.get("SPARK_HOME")
    if not home:
        package = python.find_package("pyspark")
        home = str(Path(package).parent) if package else ""
    found = Path(home, "bin", "spark-class")
    if not home or not found.exists():
        raise RefusalError(
            f"Spark is not installed for {python.executable}. Choose an image that has "
            f"it, such as that of the environment {DECLARATION.environment}.",
            NOT_FOUND,
        )
    return str(found)
