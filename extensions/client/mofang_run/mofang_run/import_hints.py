"""Explain failed imports of modules that are there, but not on Python's path.

Of a script that is run as a file, Python searches the script's own directory, and
neither the working directory nor the one above a package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mofang_run.job.program import Program

_MISSING = re.compile(
    r"^(?:\[rank\d{1,9}\]: ?)?ModuleNotFoundError: No module named '(\w{1,200})",
    re.MULTILINE,
)
_RELATIVE = "ImportError: attempted relative import with no known parent package"


def explain_import(output: str, program: Program, directory: Path) -> str:
    """Return what to do about a failed import; empty if it is none of this kind.

    Args:
        output: The end of the output.
        program: What was run.
        directory: The working directory.
    """
    script = _script(program, directory)
    if script is None:
        return ""
    if _RELATIVE in output:
        return _explain_relative(script)
    found = _MISSING.findall(output)
    return _explain_missing(found[-1], script, directory) if found else ""


def _script(program: Program, directory: Path) -> Path | None:
    """Return the Python script that is run, in a command the first that is there."""
    output = program.argv if program.is_command else program.argv[:1]
    paths = (directory / word for word in output if word.endswith(".py"))
    return next((path for path in paths if path.is_file()), None)


def _explain_relative(script: Path) -> str:
    top = script.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    if top == script.parent:
        # A package need not have that file.
        top = top.parent
    return (
        f"Python does not know the package of {script.name}, which was run as a file: "
        f"run it as a module, {_as_module(script, top)}."
    )


def _explain_missing(name: str, script: Path, directory: Path) -> str:
    for folder in _unsearched(script, directory):
        if (folder / name / "__init__.py").is_file() or (
            folder / f"{name}.py"
        ).is_file():
            message = (
                f"Python does not look for {name} in {folder}, where it is: set the "
                f"variable PYTHONPATH={folder} of the job"
            )
            if folder in script.parents:
                message += (
                    f", or run the script as a module, {_as_module(script, folder)}"
                )
            return f"{message}."
    return ""


def _unsearched(script: Path, directory: Path) -> Iterator[Path]:
    """Yield the directories around a script that Python does not search."""
    # A slice of them is Python 3.10's.
    yield from list(script.parents)[1:-1]
    if directory not in script.parents:
        yield directory


def _as_module(script: Path, top: Path) -> str:
    module = ".".join(script.relative_to(top).with_suffix("").parts)
    return f"`python -m {module}` with the working directory {top}"
