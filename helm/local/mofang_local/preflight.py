"""What the machine must have, checked before anything is changed."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_local.errors import PreflightError, last_lines

GIB = 1024**3
DISK_BYTES = 32 * GIB
"""What a first `make up` takes at most."""
BUILT_DISK_BYTES = 8 * GIB
"""Once everything is built: for images on the nodes, tests and what people keep."""
MEMORY_BYTES = 8 * GIB

DEBIAN_PACKAGES = {
    "runc": "runc",
    "etcd": "etcd-server",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "ipset": "ipset",
    "nft": "nftables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "socat": "socat",
    "sysctl": "procps",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
}
"""Program (or file) → the Debian package that brings it."""

TOOLS = {
    "go": (1, 26),
    "node": (20,),
}
"""Program → the oldest version that will do."""

_WHY = {
    "go": "Go 1.26 or later builds the cluster's programs: install it from go.dev.",
    "node": "Node 20 or later builds the JupyterLab extensions: install it.",
}
_VERSION_OF = {"go": ("go", "env", "GOVERSION"), "node": ("node", "--version")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What was found on this machine."""

    system: str
    is_root: bool
    free_disk: int
    """Bytes free where builds and state go."""
    memory: int
    """Bytes of memory in all."""
    missing_tools: tuple[str, ...]
    """Tools that are not there or too old."""


def version(said: str) -> tuple[int, ...]:
    """The numbers in what a program says of its version: ``go1.26.6``, ``v20.1.0``."""
    found = re.search(r"\d+(?:\.\d+)*", said)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _tool_version(tool: str) -> tuple[int, ...]:
    if not shutil.which(tool):
        return ()
    done = subprocess.run(  # noqa: S603 - the command is ours
        _VERSION_OF[tool], capture_output=True, text=True, check=False
    )
    return version(done.stdout)


def inspect_host(folder: Path) -> Host:
    """The facts of this machine; ``folder`` is where builds will go."""
    there = folder
    while not there.exists():
        there = there.parent
    return Host(
        system=sys.platform,
        is_root=os.geteuid() == 0,
        free_disk=shutil.disk_usage(there).free,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        missing_tools=tuple(
            tool for tool, oldest in TOOLS.items() if _tool_version(tool) < oldest
        ),
    )


def unmet(host: Host, *, already_built: bool) -> list[str]:
    """A sentence for each need that is not met."""
    messages = []
    if host.system != "linux":
        messages.append("The platform runs on Linux only: use a Linux machine.")
    if not host.is_root:
        messages.append(
            "Namespaces and containers need root: run the same command as root."
        )
    needed = BUILT_DISK_BYTES if already_built else DISK_BYTES
    if host.free_disk < needed:
        messages.append(
            f"{host.free_disk // GIB} GiB of disk are free, "
            f"{needed // GIB} GiB are needed: make room."
        )
    if host.memory < MEMORY_BYTES:
        messages.append(
            f"The machine has {host.memory // GIB} GiB of memory, "
            f"{MEMORY_BYTES // GIB} GiB are needed."
        )
    messages += [_WHY[tool] for tool in host.missing_tools]
    return messages


def missing_packages(needed: Mapping[str, str] = DEBIAN_PACKAGES) -> list[str]:
    """Debian packages whose program (or file) is not there."""
    # A plain user's PATH lacks where Debian keeps daemons.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return sorted(
        {
            package
            for program, package in needed.items()
            if not (Path(program).exists() or shutil.which(program, path=path))
        }
    )


def platform_packages() -> list[str]:
    """Debian packages that the platform needs and that are not there.

    Browsers and curl resolve every name below ``localhost`` (RFC 6761, section 6.3).
    The C library does so by systemd's resolver, or by nss-myhostname.
    """
    packages = missing_packages()
    try:
        socket.getaddrinfo("user.mofang.localhost", None)
    except socket.gaierror:
        packages.append("libnss-myhostname")
    return packages


def install(packages: list[str], log: Path) -> None:
    """Install Debian packages, or say which are missing elsewhere.

    Raises:
        PreflightError: This is no Debian, or its package tool refused.
    """
    if not packages:
        return
    wanted = " ".join(packages)
    if not shutil.which("apt-get"):
        raise PreflightError(
            f"Install the equivalents of these Debian packages: {wanted}."
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install_command = ["apt-get", "install", "-y", "--no-install-recommends"]
    install_command += ["-o", "DPkg::Lock::Timeout=300", *packages]
    with log.open("w") as out:
        for command in (["apt-get", "update"], install_command):
            done = subprocess.run(  # noqa: S603 - the names are ours
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                check=False,
            )
            if done.returncode:
                raise PreflightError(
                    f"`{' '.join(command)}` failed; its output is in {log}:\n"
                    + last_lines(log.read_text())
                )


def check(folder: Path, *, already_built: bool) -> None:
    """Refuse with every unmet need at once.

    Raises:
        PreflightError: Something is missing that the launcher cannot bring.
    """
    messages = unmet(inspect_host(folder), already_built=already_built)
    if messages:
        raise PreflightError("\n".join(messages))
