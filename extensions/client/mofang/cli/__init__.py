"""The command line ``mofang``."""

from mofang.cli import job_commands, submit_command
from mofang.cli.app import app

__all__ = ["app", "job_commands", "main", "submit_command"]


def main() -> None:
    """Run the command line."""
    app(prog_name="mofang")
