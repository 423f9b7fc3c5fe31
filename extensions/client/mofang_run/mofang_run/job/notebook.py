"""Run one notebook by papermill: ``notebook.py NOTEBOOK OUTPUT [PARAMETERS…]``.

A program of its own, started by path, so that it needs no import path: torchrun and
mpirun start it in as many processes as they start scripts. OUTPUT is empty where the
executed notebook is not to be kept; of several processes that of rank 0 keeps it.

Only modules that Python itself has loaded are imported at first: a file of the user's
on PYTHONPATH may be called like any other. Then it starts itself anew, apart from
those; the notebook's kernel finds them as always.
"""

from __future__ import annotations

import os
import sys

NOT_FOUND = 127

_APART = "--apart"
_KERNEL = "python3"
_SAFE_PATH = (3, 11)
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK")


def main(arguments: list[str]) -> int:
    """Become papermill, or say why not."""
    python = [sys.executable, *_safe_path()]
    if arguments[:1] != [_APART]:
        words = [*python, __file__, _APART, *arguments]
        os.execv(sys.executable, words)  # noqa: S606 - no shell is wanted
    notebook, output, *parameters = arguments[1:]
    from importlib.util import find_spec  # noqa: PLC0415 - see above

    found = find_spec("papermill")
    if found is None or found.origin is None:
        print(  # noqa: T201 - the wrapper copies it to the log
            f"The notebook {notebook} needs the package papermill, which "
            f"{sys.executable} does not have. Choose an image that has it, or name a "
            "requirements file with papermill in it."
        )
        return NOT_FOUND
    kernel = _choose_kernel(notebook)
    if kernel is None:
        return NOT_FOUND
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    kept = output if output and ranks[:1] in ([], ["0"]) else os.devnull
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [
            *(*python, "-m", "papermill", notebook, kept),
            *("--cwd", os.getcwd()),  # noqa: PTH109 - os is enough here
            *("--log-output", "--no-progress-bar"),
            *kernel,
            *parameters,
        ],
    )
    return NOT_FOUND


def _choose_kernel(notebook: str) -> list[str] | None:
    """Return papermill's options where the notebook's own kernel cannot be had.

    None where no other can run it, which is said.
    """
    import json  # noqa: PLC0415 - see above

    try:
        with open(notebook, encoding="utf-8") as file:  # noqa: PTH123 - as above
            metadata = json.load(file)["metadata"]
        spec = metadata.get("kernelspec") or {}
        name = str(spec.get("name") or "")
        language_name = spec.get("language") or (
            metadata.get("language_info") or {}
        ).get("name")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # papermill says what is wrong with a notebook that is none.
        name, language_name = "", None
    if name and _is_installed(name):
        return []
    language = str(language_name or "python")
    if not language.lower().startswith(("python", "ipython")):
        print(  # noqa: T201 - the wrapper copies it to the log
            f"The notebook {notebook} needs the kernel {name or language}, which this "
            "image does not have. Choose an image that has it."
        )
        return None
    if name:
        print(  # noqa: T201 - likewise
            f"The image has no kernel {name}; its kernel {_KERNEL} runs {notebook}.",
            flush=True,
        )
    return ["--kernel", _KERNEL, "--language", "python"]


def _is_installed(kernel: str) -> bool:
    try:
        from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415

        found = KernelSpecManager().find_kernel_specs()
    except Exception:  # noqa: BLE001 - papermill looks for it once more, and says
        return True
    return bool({kernel, kernel.lower()} & set(found))


def _safe_path() -> list[str]:
    """Return the options that keep files of the user's apart."""
    for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        # Who brings a papermill of their own by that path wants it.
        if folder and os.path.isfile(f"{folder}/papermill/__init__.py"):  # noqa: PTH113
            return ["-P"] if sys.version_info >= _SAFE_PATH else []
    return ["-I", "-u"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
