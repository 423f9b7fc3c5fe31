r"""Lay JupyterLab's static files out by their contents, as nginx serves them.

    python -m mofang_hub.static_files --target DIR --preload FILE --page-config FILE \
        SHARE…

is run when the hub's image is built. Nothing is copied: the target has links to the
folders of packages. ``preload.json`` lists the scripts with which JupyterLab begins,
which the hub's pages load ahead.
"""

import argparse
import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from mofang_api.static_files import LAB, StaticFiles, find_extensions

PREFIX = "static"
"""Where the files are below the hub's address."""

_NUMBERED = re.compile(r"[^.]+\.([0-9a-f]{16,})\.js")


def lay_out(
    shares: Sequence[Path],
    target: Path,
    preloaded: Sequence[str],
    disabled: Collection[str] = (),
) -> None:
    """Write links and the list of scripts to load ahead.

    Args:
        shares: Folders as ``share/jupyter``, JupyterLab in one of them.
        target: A folder that is not there yet.
        preloaded: Scripts of JupyterLab's own with which it begins, with their queries.
        disabled: Extensions that are there and not loaded.

    Raises:
        ValueError: JupyterLab has no such script: the list is of another version.
    """
    described = StaticFiles.describe(shares)
    [lab] = [each / LAB for each in shares if (each / LAB).is_dir()]
    if missing := [each for each in preloaded if not _script(lab, each).is_file()]:
        raise ValueError(f"JupyterLab in {lab} has no {', '.join(missing)}.")
    root = target / PREFIX
    _link(root / described.lab, lab)
    extensions = find_extensions(shares)
    for name, folder in extensions.items():
        _link(root / described.extensions / name, folder)
    scripts = [
        *(f"{described.lab}/{each}" for each in preloaded),
        *(
            f"{described.extensions}/{name}/{path}"
            for name, folder in extensions.items()
            if name not in disabled
            for path in _extension_scripts(folder)
        ),
    ]
    (root / "preload.json").write_text(json.dumps({"scripts": scripts}, indent=1))


def _script(lab: Path, name: str) -> Path:
    return lab / name.partition("?")[0]


def _extension_scripts(folder: Path) -> Iterator[str]:
    """Find the scripts of an extension, as a browser asks for them.

    Most are loaded at once. The first is asked for by its name, what it loads with the
    digest once more, as JupyterLab's builder writes it; others have none.
    """
    for path in sorted((folder / "static").glob("*.js")):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith("remoteEntry."):
            yield name
        elif found := _NUMBERED.fullmatch(path.name):
            yield f"{name}?v={found[1]}"


def _link(path: Path, folder: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(folder.resolve())


def main(arguments: Sequence[str] | None = None) -> None:
    """Lay out what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--preload", type=Path, required=True)
    parser.add_argument("--page-config", type=Path, required=True)
    parser.add_argument("shares", type=Path, nargs="+", metavar="SHARE")
    asked = parser.parse_args(arguments)
    lines = asked.preload.read_text(encoding="utf-8").splitlines()
    preloaded = [line for line in lines if line and not line.startswith("#")]
    page = json.loads(asked.page_config.read_text(encoding="utf-8"))
    disabled = [name for name, is_off in page["disabledExtensions"].items() if is_off]
    lay_out(asked.shares, asked.target, preloaded, disabled)


if __name__ == "__main__":
    main()
