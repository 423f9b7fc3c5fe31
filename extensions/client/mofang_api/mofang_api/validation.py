"""Rules for the texts of a job that end up in containers. Pure."""

from __future__ import annotations

import re

from mofang_api.quantities import format_bytes
from mofang_api.secret_detection import WAY_OUT, is_secret

MAX_TEXT_BYTES = 32 * 1024
MAX_PATH_BYTES = 4096
MAX_VARIABLE_NAME = 256
MAX_IMAGE = 512

RESERVED_PREFIXES = ("MOFANG_", "JUPYTERHUB_", "KUBERNETES_")

WAIT_VARIABLE = "MOFANG_PEER_TIMEOUT_SECONDS"
"""The one variable of the platform's that is a job's to set: how long its replicas wait
for each other."""

# Patterns are written as those of JSON schemas, which search: forms have them too.
VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
PARAMETER_NAME = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
IMAGE = (
    r"^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
ABSOLUTE_PATH = "^/"

_ENVIRONMENT_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")


def check_image(value: str) -> str:
    """Return the reference of an image, or say how one is written."""
    if len(value) > MAX_IMAGE or not re.fullmatch(IMAGE, value):
        raise ValueError(
            "That is not an image reference. Write registry/name:tag, such as "
            "docker.io/mofang/pytorch:1."
        )
    return value


def check_environment_name(value: str) -> str:
    """Return the name of an environment, or say how one is written."""
    if not _ENVIRONMENT_NAME.fullmatch(value):
        raise ValueError(
            "That is not the name of an environment, such as pytorch. "
            "`mofang environments` lists them."
        )
    return value


def check_path(value: str) -> None:
    """Refuse what cannot be a path in a container."""
    if not value or len(value.encode(errors="replace")) > MAX_PATH_BYTES:
        raise ValueError(f"A path has 1 to {MAX_PATH_BYTES} bytes.")
    if not value.isprintable():
        raise ValueError("A path has no line breaks and no control characters.")


def check_text(subject: str, value: str) -> None:
    """Refuse what Linux cannot pass to a program, and what is too long."""
    # Lone surrogates cannot be sent as UTF-8 and NUL ends an argument in Linux.
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError(f"{subject} is not valid Unicode text.") from None
    if "\0" in value:
        raise ValueError(f"{subject} contains a NUL character, which Linux refuses.")
    if size > MAX_TEXT_BYTES:
        raise ValueError(
            f"{subject} has {format_bytes(size)}; at most "
            f"{format_bytes(MAX_TEXT_BYTES)} are allowed. Put it into a file and pass "
            "its path."
        )


def check_variable(name: str, value: str) -> None:
    """Refuse variables that are malformed, reserved or secret."""
    check_variable_name(name)
    shown = repr(name[:64])
    check_text(f"The value of {shown}", value)
    if is_secret(name, value):
        raise ValueError(f"{shown} looks like a secret. {WAY_OUT}")


def check_parameter(name: str, value: str) -> None:
    """Refuse hyper-parameters that are malformed or secret."""
    shown = repr(name[:64])
    if not re.fullmatch(PARAMETER_NAME, name):
        raise ValueError(
            f"{shown} is not the name of a hyper-parameter. Use letters, digits, "
            "underscores, dots and dashes, and begin with a letter."
        )
    check_text(f"The value of {shown}", value)
    if is_secret(name.replace("-", "_"), value):
        raise ValueError(f"{shown} looks like a secret. {WAY_OUT}")


def check_variable_name(name: str) -> None:
    """Refuse names of variables that are malformed or reserved."""
    shown = repr(name[:64])
    if not re.fullmatch(VARIABLE_NAME, name) or len(name) > MAX_VARIABLE_NAME:
        raise ValueError(
            f"{shown} is not the name of a variable. Use letters, digits and "
            "underscores, and do not start with a digit."
        )
    if name.upper().startswith(RESERVED_PREFIXES) and name != WAIT_VARIABLE:
        raise ValueError(
            f"{shown} is reserved: names that start with "
            f"{', '.join(RESERVED_PREFIXES)} belong to the platform. Choose another."
        )
