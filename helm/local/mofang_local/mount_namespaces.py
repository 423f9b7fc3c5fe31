"""Mount namespaces of nodes that share this machine.

Two machines see two sets of mounts. Where nodes are one machine, a directory of a path
would lead the pods of both to the mount of one of them. So a node may have a mount
namespace of its own, in which its containerd and kubelet run: what is mounted there is
seen by its pods alone.

A process that does nothing holds the namespace, as the pause container does a pod's. A
file cannot: Linux 6.18 refuses to mount a namespace on one if its number is lower than
that of the namespace around, and each processor has a range of numbers of its own.
"""

from pathlib import Path

from mofang_local import cgroups, network
from mofang_local.kubernetes import wait
from mofang_local.local_paths import LocalPaths
from mofang_local.network import Node
from mofang_local.processes import Program, Supervisor

_PAUSE = ("sleep", "infinity")


def programs(node: Node) -> tuple[Program, ...]:
    """What holds a node's namespace; none where that is this machine's.

    It begins with what this machine has mounted. Nothing that is mounted afterwards is
    seen on the other side.
    """
    if not node.own_mounts:
        return ()
    apart = ("unshare", "--mount", "--propagation", "private")
    return (
        Program(
            name=f"mounts-{node.name}",
            command=(*apart, *_PAUSE),
            namespace=node.namespace,
            cgroup=cgroups.SYSTEM,
        ),
    )


def name(node: Node) -> str | None:
    """Return the program that holds a node's namespace; None if there is none."""
    return next((each.name for each in programs(node)), None)


def create(supervisor: Supervisor, node: Node) -> None:
    """Make a node's namespace.

    Raises:
        StartError: The kernel refused.
    """
    for program in programs(node):
        supervisor.start(program)

        def is_apart(program: Program = program) -> bool:
            supervisor.ensure_alive(program)
            process = Path(f"/proc/{supervisor.pid(program.name)}")
            return (process / "comm").read_text().strip() == _PAUSE[0]

        wait(is_apart, what=program.name, seconds=10)


def exists(paths: LocalPaths, node: Node) -> bool:
    """Whether there is a namespace to look into."""
    pause = name(node)
    return pause is None or _supervisor(paths).pid(pause) is not None


def run(paths: LocalPaths, node: Node, *command: str, check: bool = True) -> str:
    """Run a command that sees the mounts of a node; its output.

    Args:
        paths: Directories of the one-machine platform.
        node: The node, which was started.
        check: Raise if the command fails.
        *command: Program and arguments.

    Raises:
        StartError: It failed and ``check`` is set.
    """
    inside = _supervisor(paths).entering(None, name(node))
    return network.run(*inside, *command, check=check)


def mounts(paths: LocalPaths, node: Node) -> list[tuple[Path, str]]:
    """Return each mount point and its kind, such as ``ext4``, as a node sees them.

    There are none on a node that was not started.
    """
    if not exists(paths, node):
        return []
    text = run(paths, node, "cat", "/proc/self/mounts")
    words = [line.split() for line in text.splitlines()]
    return [(Path(each[1].replace("\\040", " ")), each[2]) for each in words]


def root(paths: LocalPaths, node: Node) -> Path:
    """Return where this machine finds the root of what a node sees."""
    pause = name(node)
    if pause is None:
        return Path("/")
    return Path(f"/proc/{_supervisor(paths).pid(pause)}/root")


def _supervisor(paths: LocalPaths) -> Supervisor:
    return Supervisor(paths.run, paths.logs)
