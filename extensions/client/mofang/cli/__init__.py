"""The command line ``mofang``."""

from mofang.cli import (
    change_commands,
    environment_commands,
    job_commands,
    login_command,
    look_commands,
    ssh_commands,
    ssh_config_command,
    submit_command,
)
from mofang.cli.app import app

__all__ = [
    "app",
    "change_commands",
    "environment_commands",
    "job_commands",
    "login_command",
    "look_commands",
    "main",
    "ssh_commands",
    "ssh_config_command",
    "submit_command",
]


def main() -> None:
    """Run the command line."""
    app(prog_name="mofang")
