"""What stops the launcher, each with a sentence for the person at the terminal.

LauncherError
├── PreflightError  the machine lacks something; says what and how to get it
├── BuildError      a program or image could not be built; names the log
└── StartError      something built did not start; says what it last printed
"""


class LauncherError(Exception):
    """The launcher stopped; its text is the sentence to print."""


class PreflightError(LauncherError):
    """The machine lacks something the platform needs."""


class BuildError(LauncherError):
    """A program or an image could not be built."""


class StartError(LauncherError):
    """A part of the platform did not come up."""


def last_lines(text: str, count: int = 20) -> str:
    """The end of a log, indented for printing below a sentence."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])
