"""The command line ``mofang``."""

from mofang.cli import (
    environment_commands,
    job_commands,
    login_command,
    read,
    ssh_commands,
    ssh_config_command,
    submit_command,
    write,
)
from mofang.cli.app import app

__all__ = [
    "app",
    "environment_commands",
    "job_commands",
    "login_command",
    "main",
    "read",
    "ssh_commands",
    "ssh_config_command",
    "submit_command",
    "write",
]


def main() -> None:
    """Run the command line."""
    app(prog_name="mofang")
