"""The launcher's command line: up, migrate, down, clean, status, logs and others."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mofang_local import (
    cleanup,
    compatibility,
    mount_namespaces,
    network,
    network_policies,
    nodes,
    platform,
    preflight,
    preparation,
    storage,
    worker,
)
from mofang_local.cluster import Cluster
from mofang_local.components import COMPONENTS, Builder, Phase
from mofang_local.errors import LauncherError
from mofang_local.local_paths import LocalPaths, paths
from mofang_local.locks import file_lock
from mofang_local.migration import Migration, PlatformCeph
from mofang_local.network import NODES
from mofang_local.processes import Supervisor
from mofang_local.progress import Progress


def check_host(found: LocalPaths) -> None:
    """Refuse a machine that lacks what building and running needs."""
    go = shutil.which("go")
    # A few programs that are stale need no room for compiling all of them.
    built = bool(go) and any(Builder(found).is_built(each) for each in COMPONENTS)
    preflight.check(found.cache, already_built=built)


def up(options: argparse.Namespace) -> None:
    """Build what is stale, start what does not run, install the chart.

    Returns when the log-in page answers; the rest follows in the background.
    """
    found = paths()
    if options.cluster == "current":
        platform.install_elsewhere(found.repository, options.values)
        return
    if options.values:
        raise LauncherError(
            "VALUES goes with CLUSTER=current: the platform of this machine has values "
            "of its own. Leave VALUES out."
        )
    check_host(found)
    worker.stop(found)
    status = worker.run(
        [
            *("prepare", "--port", str(options.port)),
            *("--network-policy", options.network_policy),
            *(("--storage", options.storage) if options.storage else ()),
        ]
    )
    if status:
        sys.exit(status)


def prepare(options: argparse.Namespace) -> None:
    """What `up` runs in a worker process."""
    found, progress = paths(), Progress()
    terminal = worker.Terminal(found)
    mofang = platform.Platform(Cluster(found, progress), options.port)

    def release() -> None:
        progress.detach()
        _greet(found, mofang.url)
        terminal.release()

    with file_lock(found.lock, "up"), progress.shown():
        worker.forget_result(found)
        compatibility.ensure(found)
        mofang.check_port()
        storage.choose(found, options.storage)
        storage.mount_root(found)
        enforced = options.network_policy == "on"
        network_policies.set_enforced(found, enforced=enforced)
        try:
            preparation.Preparation(mofang.cluster, mofang, release).run()
        except LauncherError as error:
            worker.write_result(found, str(error))
            worker.end_builds()
            raise
        worker.write_result(found, "")
        progress.say(f"Everything is ready at {mofang.url}.")


def migrate(options: argparse.Namespace) -> None:
    """Move people's files to another kind of storage, and start the platform on it."""
    found, progress = paths(), Progress()
    worker.stop(found)
    port = platform.port(found)
    if port is None:
        raise LauncherError(
            f"There are no files yet: `make up STORAGE={options.to}` begins with that."
        )
    cluster = Cluster(found, progress)
    target = storage.StorageKind(options.to)
    with file_lock(found.lock, "migrate"), progress.shown():
        left = Migration(cluster, target, PlatformCeph(cluster)).run()
    enforced = "on" if network_policies.is_enforced(found) else "off"
    status = worker.run(["prepare", "--port", str(port), "--network-policy", enforced])
    if status:
        sys.exit(status)
    print(  # noqa: T201 - the command's result
        f"All files are on STORAGE={target}. Those of before stay in {left}: remove it "
        "once everything is well."
    )


def wait(_: argparse.Namespace) -> None:
    """Follow the background work of `up` to its end; exit status 1 if it failed."""
    worker.follow(paths())


def _greet(found: LocalPaths, url: str) -> None:
    words = platform.passwords(found)
    lines = [f"Mofang runs at {url}"]
    lines += [f"  log in as  {user}  {words['users']}" for user in platform.USERS]
    lines += [
        f"  administrator  {platform.ADMIN}  {words['admin']}",
        f"  KUBECONFIG={found.kubeconfig}",
        "Further images and operators follow in the background; the gallery shows",
        "which environments are ready. `make wait` waits for all, `make status` shows",
        "how far they are.",
    ]
    print("\n".join(lines))  # noqa: T201 - the command's result


def build(options: argparse.Namespace) -> None:
    """Build the programs of one phase, or everything; start nothing."""
    found, progress = paths(), Progress()
    phases = (Phase(options.phase),) if options.phase else tuple(Phase)
    check_host(found)
    with file_lock(found.lock, "build", timeout=3600), progress.shown():
        preparation.build(found, progress, phases, with_images=not options.phase)


def down(_: argparse.Namespace) -> None:
    """Stop; etcd, images, homes and the hub's database stay."""
    found = paths()
    worker.stop(found)
    with file_lock(found.lock, "down"):
        _stop(found)


def _stop(found: LocalPaths) -> None:
    progress = Progress()
    with progress.step("stop the platform"):
        Cluster(found, progress).stop()


def clean(_: argparse.Namespace) -> None:
    """Stop and remove the state folder, people's data included."""
    found = paths()
    worker.stop(found)
    with file_lock(found.lock, "clean"):
        _stop(found)
        _remove(found)


def _remove(found: LocalPaths) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    if f" {found.state}/" in mounts:
        raise LauncherError(
            f"Something is still mounted under {found.state}: unmount it first."
        )
    if found.state.exists():
        shutil.rmtree(found.state)
        print(f"Removed {found.state} with all homes, jobs and databases.")  # noqa: T201


def status(_: argparse.Namespace) -> None:
    """Programs and pods, one a line; exit status 1 when something is down."""
    found = paths()
    cluster = Cluster(found, Progress())
    for name in cleanup.STOP_ORDER[::-1]:
        pid = cluster.supervisor.pid(name)
        print(f"{name:26} {f'runs, pid {pid}' if pid else 'does not run'}")  # noqa: T201
    if step := worker.last_line(found):
        print(f"in the background: {step}")  # noqa: T201
    if not cluster.is_running():
        raise LauncherError("The cluster does not run: `make up` starts it.")
    print(cluster.kubectl.run("get", "pods", "-A", "-o", "wide"))  # noqa: T201


def logs(options: argparse.Namespace) -> None:
    """The end of a program's log, or the names there are."""
    folder = paths().logs
    if not options.component:
        print("\n".join(sorted(path.stem for path in folder.glob("*.log"))))  # noqa: T201
        return
    path = folder / f"{options.component}.log"
    if not path.exists():
        raise LauncherError(f"{path} is not there; `logs` without a name lists them.")
    os.execvp("tail", ["tail", "-n", "100", str(path)])  # noqa: S606, S607 - its job


def kubectl(options: argparse.Namespace) -> None:
    """Become kubectl with the local cluster's kubeconfig."""
    found = paths()
    program = found.programs / "kubectl"
    if not program.exists():
        raise LauncherError("kubectl is not built yet: run `make up` first.")
    os.environ["KUBECONFIG"] = str(found.kubeconfig)
    os.execv(program, ["kubectl", *options.arguments])  # noqa: S606 - its job


def shell(options: argparse.Namespace) -> None:
    """A shell inside a node, with kubectl and ctr at hand."""
    found = paths()
    node = next(each for each in NODES if each.name == options.node)
    if not network.exists():
        raise LauncherError("The cluster does not run: `make up` starts it.")
    environment = {
        **os.environ,
        "KUBECONFIG": str(found.kubeconfig),
        "CONTAINERD_ADDRESS": str(nodes.socket(found, node)),
        "CONTAINERD_NAMESPACE": "k8s.io",
        "PATH": f"{found.programs}:{os.environ['PATH']}",
    }
    inside = Supervisor(found.run, found.logs).entering(
        node.namespace, mount_namespaces.name(node)
    )
    command = [*inside, "bash"]
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="mofang_local", description=__doc__)
    commands = top.add_subparsers(required=True)

    def add(name: str, work: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text)
        command.set_defaults(work=work)
        return command

    command = add("up", up, "start the platform, building what is stale")
    command.add_argument("--cluster", choices=("local", "current"), default="local")
    port = int(os.environ.get("MOFANG_PORT") or 8080)
    command.add_argument("--port", type=int, default=port)
    command.add_argument("--values", type=Path, action="append", default=[])
    command.add_argument("--network-policy", choices=("on", "off"), default="on")
    kinds = [each.value for each in storage.StorageKind]
    command.add_argument("--storage", choices=kinds)
    command = add("prepare", prepare, "what `up` runs in a process of its own")
    command.add_argument("--port", type=int, required=True)
    command.add_argument("--network-policy", choices=("on", "off"), default="on")
    command.add_argument("--storage", choices=kinds)
    command = add("migrate", migrate, "move people's files to another storage")
    command.add_argument("--to", choices=kinds, required=True)
    add("wait", wait, "wait until everything that `up` began is ready")
    command = add("build", build, "build programs and images only")
    phases = [each.value for each in Phase]
    command.add_argument("--phase", choices=phases, help="programs of this phase only")
    add("down", down, "stop the platform; data stays")
    add("clean", clean, "stop the platform and remove its data")
    add("status", status, "what runs")
    command = add("logs", logs, "the end of a program's log")
    command.add_argument("component", nargs="?")
    command = add("shell", shell, "a shell in a node's namespaces")
    names = [node.name for node in NODES]
    command.add_argument("node", nargs="?", choices=names, default=names[0])
    command = add("kubectl", kubectl, "kubectl on the local cluster")
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def main() -> int:
    """Run one command; its sentence and status 1 when it is refused."""
    if sys.argv[1:2] == ["kubectl"]:
        # kubectl's own options are not for argparse to read.
        options = argparse.Namespace(work=kubectl, arguments=sys.argv[2:])
    else:
        options = parser().parse_args()
    try:
        options.work(options)
    except LauncherError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's result
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)  # noqa: T201
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
