"""``python -I -m mofang_run.environments.kernel``: become a kernel of the environment.

    python -I -m mofang_run.environments.kernel -m ipykernel_launcher -f connection.json

The words are those that Python would be given. Where the person's directory cannot be
used the kernel runs from the image, so that there is always one to work with.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from mofang_run.environments.activation import activate, without_user_site
from mofang_run.environments.creation import ensure, update
from mofang_run.environments.directory import Directory, PackagesError, find_directory
from mofang_run.environments.saved_unpacked import base_image

_SAFE_PATH = (3, 11)


def main(argv: Sequence[str] | None = None) -> None:
    """Replace this process by the kernel."""
    words = list(sys.argv[1:] if argv is None else argv)
    directory = find_directory(os.environ)
    python, environment = sys.executable, without_user_site(os.environ)
    if directory is not None and _is_ready(directory):
        python = str(directory.python)
        environment = activate(os.environ, directory.path)
    # A file called typing.py in the notebook's folder is not to come before Python's
    # while the kernel starts; IPython adds the folder to the path by itself.
    safe = ["-P"] if sys.version_info >= _SAFE_PATH else []
    os.execve(python, [python, *safe, *words], environment)  # noqa: S606


def _is_ready(directory: Directory) -> bool:
    try:
        image = base_image(os.environ)
        if image.overlay is None:
            ensure(directory, image)
        else:
            # Links of another version lead nowhere in this pod.
            update(directory, image)
    except PackagesError as error:
        _say(str(error))
        return False
    manifest = directory.read_manifest()
    if manifest is not None and not manifest.is_linked:
        return True
    if (directory.site_packages(image.version) / "ipykernel").is_dir():
        return True
    _say(
        f"ipykernel was removed from {directory.path}, so the kernel runs from the "
        "image. Undo the changes, or install ipykernel."
    )
    return False


def _say(message: str) -> None:
    sys.stderr.write(f"[Mofang] {message}\n")


if __name__ == "__main__":
    main()
