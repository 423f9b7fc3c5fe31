"""The launcher's command line: up, down, clean, status, logs, kubectl, shell."""

import argparse
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from mofang_local import images, leftovers, needs, network, nodes, platform
from mofang_local.cluster import Cluster
from mofang_local.components import COMPONENTS, Builder
from mofang_local.errors import LauncherError
from mofang_local.images import Image
from mofang_local.locks import held
from mofang_local.network import NODES
from mofang_local.places import Places, places
from mofang_local.progress import Progress


def _check(found: Places, progress: Progress) -> None:
    log = found.build_logs / "packages.log"
    go = shutil.which("go")
    built = bool(go) and all(Builder(found).is_built(each) for each in COMPONENTS)
    with progress.step("needs of the machine"):
        needs.check(found.cache, already_built=built, log=log)


def up(options: argparse.Namespace) -> None:
    """Build what is stale, start what does not run, install the chart."""
    found, progress = places(), Progress()
    if options.cluster == "current":
        platform.install_elsewhere(found.repository, options.values)
        return
    cluster = Cluster(found, progress)
    mofang = platform.Platform(cluster, options.port)
    with held(found.lock, "up"), progress.shown():
        _check(found, progress)
        mofang.check_port()
        own, ours = _build(cluster)
        cluster.start(own)
        _load(cluster, own | ours)
        with progress.step("DNS, Istio, controllers of jobs"):
            cluster.install_addons(own)
        progress.run("install the chart", lambda: mofang.install(ours))
        mofang.forward()
        platform.write_facts(found, mofang.url)
        progress.run("wait for the platform to answer", mofang.wait)
    _greet(found, mofang.url)


def _build(cluster: Cluster) -> tuple[dict[str, Image], dict[str, Image]]:
    cluster.build()
    own: dict[str, Image] = {}
    ours: dict[str, Image] = {}
    cluster.progress.run(
        "images of the cluster", lambda: own.update(images.own_images(cluster.places))
    )
    cluster.progress.run(
        "images of the platform",
        lambda: ours.update(
            images.platform_images(cluster.places, cluster.progress.say)
        ),
    )
    return own, ours


def _load(cluster: Cluster, found: dict[str, Image]) -> None:
    cluster.progress.together(
        {f"images on {node.name}": partial(cluster.load, node, found) for node in NODES}
    )


def _greet(found: Places, url: str) -> None:
    words = platform.passwords(found)
    lines = [f"Mofang runs at {url}"]
    lines += [f"  log in as  {user}  {words['users']}" for user in platform.USERS]
    lines += [
        f"  administrator  {platform.ADMIN}  {words['admin']}",
        f"  KUBECONFIG={found.kubeconfig}",
    ]
    print("\n".join(lines))  # noqa: T201 - the command's result


def build(_: argparse.Namespace) -> None:
    """Only build; start nothing."""
    found, progress = places(), Progress()
    with held(found.lock, "build"), progress.shown():
        _check(found, progress)
        _build(Cluster(found, progress))


def down(_: argparse.Namespace) -> None:
    """Stop; etcd, images, homes and the hub's database stay."""
    found = places()
    with held(found.lock, "down"):
        _stop(found)


def _stop(found: Places) -> None:
    progress = Progress()
    with progress.step("stop the platform"):
        Cluster(found, progress).stop()


def clean(_: argparse.Namespace) -> None:
    """Stop and remove the state folder, people's data included."""
    found = places()
    with held(found.lock, "clean"):
        _stop(found)
        _remove(found)


def _remove(found: Places) -> None:
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
    found = places()
    cluster = Cluster(found, Progress())
    for name in leftovers.STOP_ORDER[::-1]:
        pid = cluster.supervisor.pid(name)
        print(f"{name:26} {f'runs, pid {pid}' if pid else 'does not run'}")  # noqa: T201
    if not cluster.is_running():
        raise LauncherError("The cluster does not run: `make up` starts it.")
    print(cluster.kubectl.run("get", "pods", "-A", "-o", "wide"))  # noqa: T201


def logs(options: argparse.Namespace) -> None:
    """The end of a program's log, or the names there are."""
    folder = places().logs
    if not options.component:
        print("\n".join(sorted(path.stem for path in folder.glob("*.log"))))  # noqa: T201
        return
    path = folder / f"{options.component}.log"
    if not path.exists():
        raise LauncherError(f"{path} is not there; `logs` without a name lists them.")
    os.execvp("tail", ["tail", "-n", "100", str(path)])  # noqa: S606, S607 - its job


def kubectl(options: argparse.Namespace) -> None:
    """Become kubectl with the local cluster's kubeconfig."""
    found = places()
    program = found.programs / "kubectl"
    if not program.exists():
        raise LauncherError("kubectl is not built yet: run `make up` first.")
    os.environ["KUBECONFIG"] = str(found.kubeconfig)
    os.execv(program, ["kubectl", *options.arguments])  # noqa: S606 - its job


def shell(options: argparse.Namespace) -> None:
    """A shell inside a node's network, with kubectl and ctr at hand."""
    found = places()
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
    command = ["nsenter", f"--net=/run/netns/{node.namespace}", "bash"]
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
    add("build", build, "build programs and images only")
    add("down", down, "stop the platform; data stays")
    add("clean", clean, "stop the platform and remove its data")
    add("status", status, "what runs")
    command = add("logs", logs, "the end of a program's log")
    command.add_argument("component", nargs="?")
    command = add("shell", shell, "a shell in a node's network")
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
