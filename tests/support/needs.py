"""What tests need of the machine: installed where Debian has it, else told at once.

``python -m tests.support.needs unit e2e`` brings what these folders of tests need, and
says everything that is missing before any test runs. ``everything`` is what `make test`
needs before it starts the platform.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mofang_local import preflight
from mofang_local.__main__ import check_host
from mofang_local.cluster import Cluster
from mofang_local.errors import LauncherError, PreflightError
from mofang_local.local_paths import paths
from mofang_local.progress import Progress

_SSH = {
    "ssh": "openssh-client",
    "scp": "openssh-client",
    "sftp": "openssh-client",
    "ssh-keygen": "openssh-client",
}
_UNIT = {
    **_SSH,
    "sshd": "openssh-server",
    "/usr/lib/openssh/sftp-server": "openssh-sftp-server",
    "mpirun": "openmpi-bin",
    "git": "git",
    "openssl": "openssl",
    # The hub's database; the folder has a version in it.
    "/usr/lib/postgresql": "postgresql",
    "mount": "mount",
    # A file system that can be told not to answer.
    "bindfs": "bindfs",
    # Nodes whose clock was set wrong.
    "faketime": "faketime",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "ip": "iproute2",
    # Administrators type them to back up and to migrate.
    "rsync": "rsync",
    "sqlite3": "sqlite3",
    # Plain users may not enter root's own, where Python is elsewhere.
    "/usr/bin/python3": "python3",
}
_BROWSERS = ("chromium", "google-chrome")
_E2E = {
    # Chromium trusts what is in the database of its user.
    "certutil": "libnss3-tools",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf": "fonts-dejavu-core",
    # Administrators type it to back up.
    "jq": "jq",
    **({} if any(map(shutil.which, _BROWSERS)) else {"chromium": "chromium"}),
}

_POLICY = Path("/usr/sbin/policy-rc.d")
_DAEMONS = {"openssh-server": "ssh.service", "postgresql": "postgresql.service"}
"""Debian package → the service that it would start."""
_FORBIDDEN = "#!/bin/sh\nexit 101\n"
"""What Debian's packages ask before they start a service: it is forbidden."""


def _namespaces() -> Iterator[str]:
    """Tests make up a user, and a /dev/shm, in a mount namespace."""
    flags = ["--mount"]
    if os.geteuid():
        flags += ["--user", "--map-current-user"]
    command = ["unshare", *flags, "mount", "-t", "tmpfs", "none", "/dev/shm"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield (
            "Tests make mount namespaces, which this machine refuses: run as root, "
            "or in a container with CAP_SYS_ADMIN."
        )


def _fuse() -> Iterator[str]:
    """Tests mount file systems of processes that they stop."""
    if not Path("/dev/fuse").exists():
        yield "/dev/fuse is not there: load the kernel's module fuse (modprobe fuse)."


def _helm() -> Iterator[str]:
    if not (shutil.which("helm") or (paths().programs / "helm").exists()):
        yield "helm is not built yet: run `make build` or `make up`."


def _platform() -> Iterator[str]:
    if not Cluster(paths(), Progress()).is_running():
        yield "The platform does not run: `make up` starts it."


def _host() -> Iterator[str]:
    try:
        check_host(paths())
    except PreflightError as error:
        yield str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What one folder of tests cannot do without."""

    packages: Mapping[str, str] = field(default_factory=dict)
    """Program or file → the Debian package that brings it."""
    checks: tuple[Callable[[], Iterator[str]], ...] = ()
    """What no package brings; each yields sentences of what is missing."""


REQUIREMENTS = {
    "unit": Requirements(packages=_UNIT, checks=(_namespaces, _fuse)),
    "chart": Requirements(checks=(_helm,)),
    "cluster": Requirements(
        packages={**_SSH, "setpriv": "util-linux"}, checks=(_platform,)
    ),
    "ceph": Requirements(packages={"mount": "mount"}, checks=(_platform,)),
    "e2e": Requirements(packages=_E2E, checks=(_platform,)),
    "everything": Requirements(
        packages={**_UNIT, **_E2E}, checks=(_namespaces, _fuse, _host)
    ),
}


@contextmanager
def _services_stay_off(
    packages: Iterable[str], policy: Path = _POLICY
) -> Iterator[None]:
    """Tests need programs of servers; the machine shall not begin to offer them."""
    daemons = [_DAEMONS[each] for each in packages if each in _DAEMONS]
    forbid = bool(daemons) and not policy.exists()
    if forbid:
        policy.write_text(_FORBIDDEN)
        policy.chmod(0o755)
    try:
        yield
    finally:
        if forbid:
            policy.unlink()
    if daemons and shutil.which("systemctl"):
        subprocess.run(["systemctl", "disable", "--quiet", *daemons], check=True)


def install(packages: list[str]) -> None:
    """Install Debian packages; say which where that is not possible.

    Raises:
        PreflightError: We are not root, this is no Debian, or apt-get failed.
    """
    if not packages:
        return
    wanted = " ".join(packages)
    if os.geteuid():
        raise PreflightError(
            f"As root: apt-get install --no-install-recommends {wanted}"
        )
    print(f"Installing what tests need: {wanted}", flush=True)
    with _services_stay_off(packages):
        preflight.install(packages, paths().build_logs / "test-packages.log")


def ensure(
    *folders: str, requirements: Mapping[str, Requirements] = REQUIREMENTS
) -> None:
    """Bring what tests need.

    Args:
        *folders: Folders of tests.
        requirements: What each of them needs.

    Raises:
        PreflightError: Something is missing that cannot be brought; tells all of it.
    """
    wanted = [requirements[folder] for folder in folders]
    programs = {name: each.packages[name] for each in wanted for name in each.packages}
    messages = []
    try:
        install(preflight.missing_packages(programs))
    except PreflightError as error:
        messages.append(str(error))
    checks = dict.fromkeys(check for each in wanted for check in each.checks)
    messages += [message for check in checks for message in check()]
    if messages:
        raise PreflightError("\n".join(messages))


def main() -> int:
    """Return 0 when everything is there."""
    folders = sys.argv[1:]
    if not folders or set(folders) - REQUIREMENTS.keys():
        print(f"usage: python -m tests.support.needs {' | '.join(REQUIREMENTS)} …")
        return 2
    try:
        ensure(*folders)
    except LauncherError as error:
        print(f"Tests cannot run yet:\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
