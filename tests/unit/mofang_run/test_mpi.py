"""Real sshd, ssh and mpirun: launcher and workers are processes of this machine.

They run as a plain user, as in a container. Where the tests run as root, that user is
made up in a mount namespace of each process.
"""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from unit.mofang_run.containers import start_in

UID = 1000
PYTHON = "/usr/bin/python3" if os.getuid() == 0 else sys.executable

ALLREDUCE = """
import ctypes, os, sys
mpi = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)
mpi.MPI_Init(None, None)
world = ctypes.byref(ctypes.c_byte.in_dll(mpi, "ompi_mpi_comm_world"))
kind = ctypes.byref(ctypes.c_byte.in_dll(mpi, "ompi_mpi_int"))
total = ctypes.byref(ctypes.c_byte.in_dll(mpi, "ompi_mpi_op_sum"))
mine = ctypes.c_int(int(os.environ["OMPI_COMM_WORLD_RANK"]) + 1)
summed = ctypes.c_int()
mpi.MPI_Allreduce(
    ctypes.byref(mine), ctypes.byref(summed), 1, kind, total, world
)
# In one piece: processes share a pipe, and print writes the line's end apart.
os.write(1, f"rank {mine.value - 1} sum {summed.value}\\n".encode())
mpi.MPI_Finalize()
"""

SHOW = """
import json, os, pathlib, sys
got = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)])
pathlib.Path(os.environ["OMPI_COMM_WORLD_RANK"] + ".json").write_text(got)
"""


class Cluster:
    """A home that all replicas see, and the replicas of one job."""

    def __init__(self, root: Path, client: Path) -> None:
        self.root, self.client = root, client
        self.home = root / "home"
        self.home.mkdir()
        self.run_directory = self.home / ".mofang" / "run" / "digits-abc123"
        self.passwd = root / "passwd"
        lines = Path("/etc/passwd").read_text().splitlines()
        kept = [line for line in lines if line.split(":")[2] != str(UID)]
        entry = f"jovyan:x:{UID}:{UID}::{self.home}:/bin/bash"
        self.passwd.write_text("\n".join([*kept, entry]) + "\n")
        self.processes: list[subprocess.Popen[bytes]] = []

    def script(self, text: str) -> str:
        (self.home / "train.py").write_text(text)
        return "train.py"

    def shown(self) -> list[tuple[list[str], str, dict[str, str]]]:
        """What each process of ``SHOW`` saw: arguments, directory, environment."""
        return [json.loads(p.read_text()) for p in sorted(self.home.glob("*.json"))]

    def log(self, replica: str) -> str:
        path = self.root / "logs" / f"{replica}.log"
        return path.read_text() if path.exists() else ""

    def temporary(self, role, index) -> Path:
        """Return what is /tmp to one replica: two containers never share it."""
        path = self.root / "tmp" / f"{role}-{index}"
        path.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(path, UID, UID)
        return path

    def start(self, role, index, *arguments, workers=2, framework="mpi", **variables):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary(role, index)),
            "PYTHONPATH": str(self.client),
            "MOFANG_JOB_ID": "digits-abc123",
            "MOFANG_ROLE": role,
            "MOFANG_REPLICA_INDEX": str(index),
            "MOFANG_ROLE_REPLICAS": "1" if role == "launcher" else str(workers),
            "MOFANG_ROLES": json.dumps({"launcher": 1, "worker": workers}),
            "MOFANG_RENDEZVOUS_DIRECTORY": str(self.run_directory),
            "MOFANG_WORKING_DIRECTORY": str(self.home),
            "MOFANG_CACHE_DIRECTORY": str(self.root / f"cache-{role}-{index}"),
            "MOFANG_LOG_FILE": str(self.root / "logs" / f"{role}-{index}.log"),
            "MOFANG_TERMINATION_LOG": os.devnull,
            **variables,
        }
        start = start_in(self.temporary(f"keys-{role}", index), "mofang_run.main")
        wrapper = [*start, "--framework", framework, "--", *arguments]
        process = subprocess.Popen(
            [*self.plain_user(), PYTHON, *wrapper],
            env=environment,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        return process

    def plain_user(self) -> list[str]:
        # Two machines never share memory, by whose names Open MPI would mix them up.
        apart = "mount -t tmpfs none /dev/shm"
        if os.getuid():
            flags = ["--user", "--map-current-user", "--mount"]
            return ["unshare", *flags, "sh", "-c", f'{apart} && exec "$@"', "sh"]
        become = f"setpriv --reuid={UID} --regid={UID} --clear-groups"
        renamed = f"mount --bind {self.passwd} /etc/passwd"
        text = f'{apart} && {renamed} && exec {become} "$@"'
        return ["unshare", "--mount", "sh", "-c", text, "sh"]

    def run(self, *arguments, workers=2, framework="mpi", **variables):
        """Run all replicas; return the exit codes, the launcher's first."""
        options = {"workers": workers, "framework": framework, **variables}
        started = [
            self.start("worker", n, *arguments, **options) for n in range(workers)
        ]
        started.insert(0, self.start("launcher", 0, *arguments, **options))
        return [process.wait(timeout=90) for process in started]

    def close(self) -> None:
        # In order: a wrapper that is killed leaves its sshd behind.
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait(timeout=60)


@pytest.fixture
def cluster(public_client):
    """Not in pytest's folder, which nobody but its owner may enter."""
    root = Path(tempfile.mkdtemp(prefix="mofang-mpi-", dir="/tmp"))
    made = Cluster(root, public_client)
    (root / "tmp").mkdir()
    if os.getuid() == 0:
        for path in [root, *root.rglob("*")]:
            os.chown(path, UID, UID)
    yield made
    made.close()
    shutil.rmtree(root, ignore_errors=True)


def test_processes_of_two_workers_add_up_their_numbers(cluster):
    codes = cluster.run(cluster.script(ALLREDUCE), MOFANG_PROCESSES_PER_REPLICA="2")
    said = cluster.log("launcher-0")
    assert codes == [0, 0, 0], said
    assert sorted(x for x in said.splitlines() if x.startswith("rank")) == [
        f"rank {rank} sum 10" for rank in range(4)
    ]


def test_horovod_starts_its_processes_the_same_way(cluster):
    codes = cluster.run(cluster.script(SHOW), framework="horovod")
    said = cluster.log("launcher-0")
    assert codes == [0, 0, 0], said
    seen = cluster.shown()
    assert len(seen) == 2
    assert all(environment["NCCL_SOCKET_IFNAME"] for _, _, environment in seen)


def test_processes_find_what_their_container_and_the_job_give_them(cluster):
    script = cluster.script(SHOW)
    odd = 'it\'s "odd" $HOME\nwith lines'
    codes = cluster.run(
        script,
        "--epochs",
        "two words",
        MOFANG_HYPERPARAMETERS='{"lr": 0.1}',
        MOFANG_FORWARDED_ENV='["ODD", "ABSENT"]',
        ODD=odd,
        OF_THE_IMAGE="kept",
    )
    said = cluster.log("launcher-0")
    assert codes == [0, 0, 0], said
    got = cluster.shown()
    for arguments, directory, environment in got:
        assert arguments == ["--epochs", "two words", "--lr=0.1"]
        assert directory == str(cluster.home)
        assert environment["ODD"] == odd
        assert environment["OF_THE_IMAGE"] == "kept"
        assert environment["MOFANG_RESULT_FILE"].endswith("/logs/result.json")
    places = {(e["MOFANG_ROLE"], e["MOFANG_REPLICA_INDEX"]) for _, _, e in got}
    assert places == {("worker", "0"), ("worker", "1")}


def test_a_failing_process_fails_the_job_and_not_its_workers(cluster):
    codes = cluster.run(cluster.script("raise SystemExit(3)"))
    assert codes == [3, 0, 0]


def test_nothing_of_the_rendezvous_is_left_behind(cluster):
    codes = cluster.run(cluster.script(""))
    assert codes == [0, 0, 0]
    assert not cluster.run_directory.exists()
    assert not list((cluster.root / "tmp").rglob("*ssh*"))


def test_a_worker_that_cannot_be_prepared_ends_the_waiting(cluster):
    """Its launcher would otherwise wait for a quarter of an hour."""
    script = cluster.script("")
    launcher = cluster.start("launcher", 0, script)
    cluster.start("worker", 0, script)
    broken = cluster.start("worker", 1, script, MOFANG_REQUIREMENTS="absent.txt")
    assert broken.wait(timeout=30) == 127
    assert launcher.wait(timeout=30) == 1
    assert "worker-1 could not start: There is no" in cluster.log("launcher-0")


def test_a_launcher_that_is_told_to_end_while_it_waits_releases_its_workers(
    cluster, eventually
):
    script = cluster.script("")
    launcher = cluster.start("launcher", 0, script)
    worker = cluster.start("worker", 0, script)
    eventually((cluster.run_directory / "worker-0.json").exists)
    eventually(lambda: cluster.log("launcher-0"))
    launcher.terminate()
    assert launcher.wait(timeout=30) == 143
    assert worker.wait(timeout=30) == 0
    assert "The launcher has ended." in cluster.log("worker-0")


# In one piece, as in ALLREDUCE: the lines of both processes reach one log.
SAVE = """
import os, signal, sys, time
def leave(number, frame):
    os.write(1, b"saving a checkpoint\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
os.write(1, b"ready\\n")
time.sleep(120)
"""


def test_a_cancelled_job_ends_its_processes_in_order(cluster, eventually):
    """All replicas get the signal at once; workers stay until the launcher is done."""
    script = cluster.script(SAVE)
    started = [cluster.start("worker", n, script) for n in range(2)]
    started.append(cluster.start("launcher", 0, script))
    eventually(lambda: cluster.log("launcher-0").count("ready\n") == 2)
    for process in started:
        process.send_signal(signal.SIGTERM)
    codes = [process.wait(timeout=30) for process in started]
    assert codes[:2] == [0, 0]
    assert codes[2] != 0
    assert cluster.log("launcher-0").count("saving a checkpoint") == 2
    assert "staying for others" in cluster.log("worker-0")


def test_outputs_of_workers_are_in_their_place_when_the_launcher_ends(cluster):
    """The launcher's end is the job's, and the operator removes the workers."""
    target = cluster.home / "out"
    script = cluster.script(
        "import os, pathlib\n"
        "index = os.environ['MOFANG_REPLICA_INDEX']\n"
        "path = pathlib.Path(os.environ['TRAIN_URL'], index)\n"
        "path.write_bytes(b'x' * 50_000_000)"
    )
    place = {"kind": "output", "name": "train_url", "path": str(target)}
    place = {**place, "pass_as": "environment", "staged": True}
    variables = {"MOFANG_DATA_PATHS": json.dumps([place])}
    for index in range(2):
        cluster.start("worker", index, script, **variables)
    launcher = cluster.start("launcher", 0, script, **variables)
    assert launcher.wait(timeout=60) == 0, cluster.log("launcher-0")
    assert {path.name: path.stat().st_size for path in target.iterdir()} == {
        "0": 50_000_000,
        "1": 50_000_000,
    }


@pytest.fixture
def door(cluster, eventually):
    """A worker's sshd, and what the worker announced of it."""
    cluster.start("launcher", 0, cluster.script(""), workers=2)
    cluster.start("worker", 0, "train.py")
    announcement = cluster.run_directory / "worker-0.json"
    eventually(announcement.exists)
    return json.loads(announcement.read_text())


def knock(cluster, door, *, key: Path, host_key: str) -> subprocess.CompletedProcess:
    known = cluster.root / "known_hosts"
    known.write_text(f"door {host_key}\n")
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityFile": key,
        "UserKnownHostsFile": known,
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": "door",
        "Port": door["port"],
    }
    flags = [
        word for name, value in options.items() for word in ("-o", f"{name}={value}")
    ]
    return subprocess.run(
        ["ssh", "-F", "none", *flags, f"{door['user']}@{door['ip']}", "echo inside"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def launchers_key(cluster) -> Path:
    found = next((cluster.root / "tmp").glob("keys-*/mofang-ssh-*/key"))
    # ssh takes a key of its own user only.
    copy = cluster.root / "copied_key"
    copy.touch(mode=0o600)
    copy.write_bytes(found.read_bytes())
    return copy


def test_the_launchers_key_opens_a_worker(cluster, door):
    """The way by which the next tests find it closed."""
    key = launchers_key(cluster)
    answer = knock(cluster, door, key=key, host_key=door["host_key"])
    assert answer.stdout == "inside\n", answer.stderr


def test_what_the_persons_bashrc_does_is_not_in_mpiruns_way(cluster, door):
    (cluster.home / ".bashrc").write_text("echo Welcome\nexit 3\n")
    key = launchers_key(cluster)
    answer = knock(cluster, door, key=key, host_key=door["host_key"])
    assert (answer.returncode, answer.stdout) == (0, "inside\n"), answer.stderr


def test_another_key_does_not_open_a_worker(cluster, door):
    key = cluster.root / "other_key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True
    )
    answer = knock(cluster, door, key=key, host_key=door["host_key"])
    assert answer.returncode == 255
    assert "Permission denied (publickey)" in answer.stderr


def test_a_server_with_another_key_is_not_taken_for_the_worker(cluster, door):
    other = f"{door['host_key'][:-6]}AAAAAA"
    answer = knock(cluster, door, key=launchers_key(cluster), host_key=other)
    assert answer.returncode == 255
    assert "inside" not in answer.stdout


def test_secrets_stay_out_of_the_run_directory(cluster, door):
    texts = [path.read_text() for path in cluster.run_directory.iterdir()]
    assert texts
    assert not any("PRIVATE KEY" in text for text in texts)
    assert cluster.run_directory.stat().st_mode & 0o777 == 0o700


def test_the_plain_user_is_plain(cluster, door):
    name = "jovyan" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    assert door["user"] == name
