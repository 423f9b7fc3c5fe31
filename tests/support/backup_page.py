"""The administrators' page on back-up, with directories of a test for its own."""

import subprocess
from pathlib import Path

from support import markdown

PAGE = markdown.PAGES / "administrators" / "backup.md"


class BackedUpStorage:
    """A storage, and what the page's commands save of it.

    Args:
        storage: Its root.
        backup: A directory on another file system; made by an administrator.
    """

    def __init__(self, storage: Path, backup: Path) -> None:
        self.storage = storage
        self.backup = backup
        backup.mkdir()

    def save(self, source: Path, stamp: str) -> Path:
        """Save what a directory has; return where."""
        said = self.types("--link-dest", f"SOURCE={source}", stamp=stamp)
        assert said == "", said
        return self.backup / stamp

    def restore(self) -> None:
        """Put back the newest of what was saved."""
        said = self.types("/backup/latest/ /mnt/mofang/")
        assert said == "", said

    def types(self, containing: str, before: str = "", *, stamp: str = "") -> str:
        """Run the one block of the section on the file system that has some words.

        What is for Kubernetes is left out; ``test_restore`` types it.

        Args:
            containing: The words.
            before: A command that was typed before.
            stamp: Stands for the time.
        """
        shown = markdown.section_blocks(PAGE, "The file system", "sh")
        (block,) = (each for each in shown if containing in each)
        lines = [each for each in block.splitlines() if not each.startswith("kubectl")]
        text = (
            "\n".join([before, *lines])
            .replace("/mnt/mofang", str(self.storage))
            .replace("/backup/", f"{self.backup}/")
            .replace("$(date +%Y%m%dT%H%M%S)", stamp)
        )
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stderr}"
        return done.stdout
