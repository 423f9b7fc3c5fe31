"""The loop: mount, watch, end what is left, mount again."""

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from ceph_mount import sessions
from ceph_mount.fuse import FuseProcess, MountError, MountSpec, unmount
from ceph_mount.mounts import device_at
from ceph_mount.rebind import rebind
from ceph_mount.sessions import Session

CHECK_SECONDS = 1.0
"""How often a process that lives is asked whether it was blocked."""

RETRY_SECONDS = 1.0


class Mounter:
    """Keeps one file system mounted."""

    def __init__(self, spec: MountSpec) -> None:
        self._spec = spec
        self._record = spec.target.with_name(f".{spec.target.name}.session")
        self._devices: set[str] = set()
        """Of mounts whose process is gone."""
        self._process: FuseProcess | None = None

    def run(self) -> NoReturn:
        while True:
            try:
                self._mount()
            except (MountError, OSError) as error:
                say(f"Not mounted: {error}")
                time.sleep(RETRY_SECONDS)
                continue
            self._watch()

    def stop(self) -> None:
        """Let the process write what it holds; whoever is inside keeps a dead mount."""
        if self._process:
            self._process.stop()

    def _mount(self) -> None:
        began = time.monotonic()
        self._clear()
        self._process = FuseProcess(self._spec)
        try:
            said = self._process.wait_until_mounted()
        except MountError:
            # ceph-fuse itself says no more than a number.
            sessions.check_key(self._spec.client, self._spec.keyring)
            raise
        target = self._spec.target
        say(f"Mounted at {target} after {time.monotonic() - began:.2f} s")
        own = device_at(target) or ""
        self._write(said["addr_str"], own)
        # The kernel gives numbers again.
        old = frozenset(self._devices - {own})
        if not old:
            return
        replaced, failures = rebind(target, old)
        say(f"Replaced {replaced} mounts of containers")
        for failure in failures:
            say(f"Not replaced: {failure}")
        if not failures:
            self._devices.clear()
            self._write(said["addr_str"], own)

    def _clear(self) -> None:
        """End what an earlier process left: its mount, its session."""
        target = self._spec.target
        target.parent.mkdir(parents=True, exist_ok=True)
        session = sessions.read(self._record)
        if session:
            self._devices.update(session.devices)
        while device := device_at(target):
            self._devices.add(device)
            unmount(target)
        target.mkdir(exist_ok=True)
        # What is written in the gap must not land on the node's own disk.
        target.chmod(0o555)
        if session and session.address:
            sessions.end(session, self._spec.client, self._spec.keyring)
            say(f"Ended the session {session.address}")
        self._write("")

    def _write(self, address: str, *devices: str) -> None:
        found = tuple(sorted({*self._devices, *devices} - {""}))
        sessions.write(self._record, Session(address=address, devices=found))

    def _watch(self) -> None:
        process = self._process
        while process and process.alive:
            process.wait(CHECK_SECONDS)
            said = process.status() if process.alive else None
            if said and said.get("blocklisted"):
                say("The cluster has blocked this mount: mounting anew.")
                process.stop()
        say("ceph-fuse has ended")


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the pod's log


def main() -> None:
    """Run until the pod ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--file-system", required=True)
    parser.add_argument("--keyring", type=Path, required=True)
    parser.add_argument("--run", type=Path, default=Path("/run/ceph"))
    options = parser.parse_args()
    mounter = Mounter(MountSpec(**vars(options)))

    def leave(*_: object) -> NoReturn:
        mounter.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    mounter.run()


if __name__ == "__main__":
    main()
