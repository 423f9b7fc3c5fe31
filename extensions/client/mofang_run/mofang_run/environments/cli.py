"""``mofang-environment``: the directory of a person's packages, from a shell.

```
mofang-environment status [--json]   what differs from the image
mofang-environment create            create it, or bring it up to date
mofang-environment prepare           link the image's packages, to change some
mofang-environment reset             undo all changes
mofang-environment path              print where it is
mofang-environment shell             print what a shell must export to use it
mofang-environment preview [--json]  what would be saved, and what could not
mofang-environment save [--json]     write it into the home, for the platform to store
```
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mofang_run.environments.activation import activate, exports, without_user_site
from mofang_run.environments.changes import ADDED, REMOVED, PackageChange, list_changes
from mofang_run.environments.creation import ensure, prepare, reset, update
from mofang_run.environments.directory import Directory, PackagesError, find_directory
from mofang_run.environments.job_packages import variables
from mofang_run.environments.saved_draft import preview, write_draft
from mofang_run.environments.saved_unpacked import base_image, read_base

BASE_VARIABLE = "MOFANG_BASE_ENVIRONMENT"
"""Name of the environment that a saved one stands on; absent in others."""

JOB_VARIABLE = "MOFANG_JOB_ID"

FAILED = 1
WRONG_USE = 2

NO_ENVIRONMENT = (
    "This is no environment of the platform: MOFANG_ENVIRONMENT is not set, or is no "
    "name of one."
)
RESTART = "Restart running kernels and terminals to use them."


@dataclass(frozen=True)
class Status:
    """What ``status --json`` prints."""

    environment: str
    path: str
    state: str
    """``ready``, ``creating`` or ``absent``."""

    changes: list[PackageChange]
    notice: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="mofang-environment",
        description="The packages that you installed into this environment.",
    )
    parser.add_argument(
        "command",
        choices=[
            *("status", "create", "prepare", "reset", "path", "shell"),
            *("preview", "save"),
        ],
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    is_shell = options.command == "shell"
    directory = find_directory(os.environ, to_mend=not is_shell)
    if directory is None:
        return 0 if is_shell else _fail(NO_ENVIRONMENT, WRONG_USE)
    try:
        if is_shell:
            sys.stdout.write(shell_lines(directory, os.environ))
        else:
            _run(options.command, directory, as_json=options.json)
    except PackagesError as error:
        return _fail(str(error), FAILED)
    except OSError as error:
        reason = error.strerror or str(error)
        return _fail(f"{directory.path} cannot be read: {reason}.", FAILED)
    return 0


def _run(command: str, directory: Directory, *, as_json: bool) -> None:
    if command == "path":
        _print(str(directory.path))
    elif command == "create":
        if update(directory, base_image(os.environ)):
            _print(f"Created {directory.path}.")
    elif command == "prepare":
        _prepare(directory)
    elif command == "reset":
        reset(directory, base_image(os.environ))
        _print(f"The packages of {directory.name} are those of its image. {RESTART}")
    elif command == "preview":
        _print(saved_preview(directory, as_json=as_json))
    elif command == "save":
        save(directory, as_json=as_json)
    else:
        status = read_status(directory)
        _print(json.dumps(asdict(status)) if as_json else _describe(status))


def saved_preview(directory: Directory, *, as_json: bool) -> str:
    """Return what would be saved, for a program or a person.

    Raises:
        PackagesError: There is no directory.
        OSError: It cannot be read.
    """
    found = preview(directory, read_base(os.environ))
    if as_json:
        told = [(e.name, e.version, e.source) for e in found.frozen.distributions]
        told += [(e.name, e.version, e.source) for e in found.kept]
        return json.dumps(
            {
                "packages": [
                    {"name": name, "version": version, "source": source}
                    for name, version, source in sorted(told)
                ],
                "remarks": [asdict(each) for each in found.frozen.remarks],
                "bytes": found.bytes,
            }
        )
    count = len(found.frozen.distributions) + len(found.kept)
    lines = [f"{count} packages would be saved, {found.bytes} bytes."]
    lines += [f"  {each.name} {each.version}" for each in found.frozen.distributions]
    for each in found.frozen.remarks:
        start = "left out " if each.is_left_out else ""
        lines.append(f"  {start}{each.name}: {each.message}")
    return "\n".join(lines)


def save(directory: Directory, *, as_json: bool) -> None:
    """Write a draft; for a program, print how far it is in lines of JSON.

    Raises:
        PackagesError: There is nothing to save.
        OSError: There is no room.
    """

    def report(done: int, all_of_them: int) -> None:
        if as_json:
            _print(json.dumps({"done": done, "all": all_of_them}))
            sys.stdout.flush()

    lock = write_draft(
        directory,
        read_base(os.environ),
        directory.path.parents[2],
        environment=os.environ.get(BASE_VARIABLE) or directory.name,
        progress=report,
    )
    if as_json:
        ended = {"digest": lock.digest, "bytes": lock.bytes, "files": lock.files}
        _print(json.dumps({**ended, "packages": len(lock.distributions)}))
    else:
        _print(f"Wrote {len(lock.distributions)} packages as {lock.digest}.")


def _prepare(directory: Directory) -> None:
    manifest = directory.read_manifest()
    if manifest is None or not manifest.is_linked:
        # It runs before pip, whose output is not to be mixed with.
        _fail("Preparing the environment for changes, which takes a while once.", 0)
    prepare(directory, base_image(os.environ))


def read_status(directory: Directory) -> Status:
    """Return the state of the directory, and what differs from the image.

    Raises:
        OSError: It cannot be read.
    """
    manifest = directory.read_manifest()
    if manifest is None:
        state = "creating" if directory.is_busy() else "absent"
        return Status(directory.name, str(directory.path), state, [], "")
    return Status(
        environment=directory.name,
        path=str(directory.path),
        state="ready",
        changes=list_changes(directory, manifest),
        notice=manifest.notice,
    )


def shell_lines(directory: Directory, environment: Mapping[str, str]) -> str:
    """Return what a shell must export: in a job what its processes have.

    Whatever is wrong, there is always something that can be used.
    """
    if environment.get(JOB_VARIABLE):
        return exports(environment, variables(environment))
    try:
        image = base_image(environment)
        if image.overlay is None:
            ensure(directory, image)
        else:
            update(directory, image)
    except PackagesError as error:
        _fail(str(error), FAILED)
        return exports(environment, without_user_site(environment))
    return exports(environment, activate(environment, directory.path))


def _describe(status: Status) -> str:
    if status.state == "creating":
        return f"{status.path} is being created."
    if status.state == "absent":
        return f"{status.path} is not there. Create it: mofang-environment create"
    lines = [f"{status.path}: {len(status.changes)} packages differ from the image."]
    lines += [f"  {_change_text(change)}" for change in status.changes]
    lines += [status.notice] if status.notice else []
    return "\n".join(lines)


def _change_text(change: PackageChange) -> str:
    if change.kind == ADDED:
        return f"added    {change.name} {change.version}"
    if change.kind == REMOVED:
        return f"removed  {change.name} {change.image_version}"
    return f"changed  {change.name} {change.image_version} -> {change.version}"


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"[Mofang] {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
