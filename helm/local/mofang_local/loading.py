"""Which images each node has: imported from archives, and removed when they are old."""

import json
import subprocess

from mofang_local.errors import StartError
from mofang_local.images import REPOSITORY, Image
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, GPU_NODE, Node
from mofang_local.nodes import socket
from mofang_local.operators import OPERATORS


def _ctr(paths: LocalPaths, node: Node, *arguments: str) -> str:
    command = [str(paths.programs / "ctr"), "-a", str(socket(paths, node))]
    done = subprocess.run(  # noqa: S603 - the command is ours
        [*command, "-n", "k8s.io", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(arguments)
        raise StartError(f"`ctr {words}` on {node.name}: {done.stderr.strip()}")
    return done.stdout


def nodes_of(name: str) -> tuple[Node, ...]:
    """Which nodes may run the image: jobs and servers go anywhere."""
    everywhere = name not in {
        "coredns",
        "istiod",
        *(each.name for each in OPERATORS),
        "envoy",
        "hub",
    }
    return (CPU_NODE, GPU_NODE) if everywhere else (CPU_NODE,)


def load(paths: LocalPaths, node: Node, images: dict[str, Image]) -> None:
    """Import what the node lacks.

    Args:
        paths: Directories of the one-machine platform.
        node: The node.
        images: By name.
    """
    present = _present(paths, node)
    for whole in _wanted(node, images):
        if whole.reference in present:
            continue
        for image in (*whole.below, whole):
            if image.reference not in present:
                _ctr(paths, node, "images", "import", str(image.archive))
                present.add(image.reference)


def is_loaded(paths: LocalPaths, name: str, reference: str) -> bool:
    """Whether every node that may run the image has it.

    Args:
        paths: Directories of the one-machine platform.
        name: Name of the image, which says on which nodes it runs.
        reference: Reference of the image, with a tag.
    """
    return all(reference in _present(paths, node) for node in nodes_of(name))


def forget_old(paths: LocalPaths, node: Node, images: dict[str, Image]) -> None:
    """Remove what neither these images nor those before them are made of.

    Those before stay: a job that waits in its queue may still name one.

    Args:
        paths: Directories of the one-machine platform.
        node: The node.
        images: Of this start, by name.
    """
    now = {
        each.reference
        for whole in _wanted(node, images)
        for each in (*whole.below, whole)
    }
    record = paths.state / node.name / "images.json"
    known = json.loads(record.read_text()) if record.exists() else {}
    before = set(known.get("previous", ()))
    if (last := set(known.get("current", now))) != now:
        before = last
    record.write_text(json.dumps({"current": sorted(now), "previous": sorted(before)}))
    kept = now | before
    digests = _digests(paths, node)
    file_lock = {digests[each] for each in kept if each in digests}
    old = [
        name
        for name, digest in digests.items()
        if digest not in file_lock and name not in kept and _is_ours(name)
    ]
    if old:
        _ctr(paths, node, "images", "remove", *old)


def _is_ours(name: str) -> bool:
    # The second is what containerd itself calls each image that it was given.
    return name.startswith((f"{REPOSITORY}/", "sha256:"))


def _wanted(node: Node, images: dict[str, Image]) -> list[Image]:
    return [image for name, image in images.items() if node in nodes_of(name)]


def _present(paths: LocalPaths, node: Node) -> set[str]:
    return set(_digests(paths, node))


def _digests(paths: LocalPaths, node: Node) -> dict[str, str]:
    """Return the digest of each image by each of its names."""
    _, *lines = _ctr(paths, node, "images", "list").splitlines()
    return {(words := line.split())[0]: words[2] for line in lines}
