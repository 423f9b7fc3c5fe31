"""Find out which platform, who we are and which project is meant.

Each setting comes from the first that has it: an argument, the environment (set in
every notebook), the file ``~/.config/mofang/config.toml``::

    url = "https://mofang.example.com/services/training"
    token = "…"        # from the hub's token page; chmod 600 this file
    project = "vision"
    image = "docker.io/mofang/pytorch:1"
    user = "ada"       # for `mofang jobs --mine`
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mofang.errors import ConfigurationError

SHARED_DIRECTORIES = ("/home/jovyan", "/projects", "/global", "/data")
"""What jobs see of a notebook's files; the rest ends with the notebook."""

_VARIABLES = {
    "url": "MOFANG_API_URL",
    "token": "JUPYTERHUB_API_TOKEN",
    "project": "MOFANG_PROJECT",
    "image": "MOFANG_IMAGE",
    "user": "JUPYTERHUB_USER",
}
_TOKEN = re.compile(r"[!-~]+")


class ClientOptions(TypedDict, total=False):
    """Settings that a caller passes explicitly; they win over all others."""

    url: str | None
    token: str | None
    project: str | None
    image: str | None
    user: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Where to send requests, and on whose behalf."""

    url: str
    """Address of the training service, without a slash at the end."""

    token: str = field(repr=False)
    project: str
    image: str | None = None
    """Image of jobs that name none: that of the notebook we are in."""

    user: str | None = None
    """Who we are, to tell our jobs from those of others; the token decides what we
    may do."""

    environment: str | None = None
    """The environment of the notebook we are in; None outside the platform."""

    shared_directories: tuple[str, ...] = SHARED_DIRECTORIES

    @property
    def is_inside(self) -> bool:
        """Whether we run in a notebook, whose directories jobs see too."""
        return self.environment is not None

    def proxy(self) -> str | None:
        """Return the proxy that the machine names for the address; None for none.

        In a notebook there is none: the service is on the same cluster, and a variable
        that was set for downloads must not lead a token elsewhere.

        Raises:
            ConfigurationError: It is not of a kind that can be used.
        """
        parts = urlsplit(self.url)
        if self.is_inside or proxy_bypass(parts.hostname or ""):
            return None
        proxies = getproxies()
        found = proxies.get(parts.scheme) or proxies.get("all")
        if found and urlsplit(found).scheme not in {"http", "https"}:
            raise ConfigurationError(
                f"The proxy for {parts.scheme} addresses cannot be used. Write it like "
                "http://proxy.example.com:3128, or name the host of Mofang in the "
                "variable NO_PROXY."
            )
        return found or None

    def me(self) -> str:
        """Return the user's name.

        Raises:
            ConfigurationError: Nobody said it.
        """
        if not self.user:
            raise ConfigurationError(_how_to_give("user", config_file(os.environ)))
        return self.user

    @classmethod
    def find(
        cls,
        given: ClientOptions | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> ClientSettings:
        """Gather the settings.

        Raises:
            ConfigurationError: One is missing or unusable; says how to give it.
        """
        values = {
            **read_config_file(config_file(environment)),
            **{
                name: environment[variable].strip()
                for name, variable in _VARIABLES.items()
                if environment.get(variable, "").strip()
            },
            **{name: str(value) for name, value in (given or {}).items() if value},
        }
        for name in ("url", "token", "project"):
            if name not in values:
                raise ConfigurationError(_how_to_give(name, config_file(environment)))
        return cls(
            url=_check_url(values["url"]),
            token=_check_token(values["token"]),
            project=values["project"],
            image=values.get("image"),
            user=values.get("user"),
            environment=environment.get("MOFANG_ENVIRONMENT") or None,
        )


def config_file(environment: Mapping[str, str]) -> Path:
    """Return where the file of settings is looked for."""
    home = environment.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    return Path(home) / "mofang" / "config.toml"


def read_config_file(path: Path) -> dict[str, str]:
    """Return what the file of settings says; nothing if there is none.

    Raises:
        ConfigurationError: It cannot be read, or others can read the token in it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            # Editors of Windows begin a file with a mark of its encoding.
            values = tomllib.loads(file.read().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    for name, value in values.items():
        if name not in _VARIABLES or not isinstance(value, str):
            raise ConfigurationError(
                f"{path} has an unusable entry {name!r}. It may hold the texts "
                f"{', '.join(_VARIABLES)}."
            )
    if "token" in values and mode & 0o077:
        raise ConfigurationError(
            f"{path} holds a token and can be read by others. Run: chmod 600 {path}"
        )
    return values


def _how_to_give(name: str, path: Path) -> str:
    meaning = {
        "url": "Where is Mofang? Its address",
        "token": "Who are you? Your token",
        "project": "Which project is meant? Its name",
        "user": "Whose jobs are meant? Your user name",
    }[name]
    return (
        f"{meaning} is set in every notebook. Elsewhere set {_VARIABLES[name]}, write "
        f'{name} = "…" into {path}, or pass {name}=….'
    )


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        has_user = parts.username is not None
        # Nobody can look up what is no name, such as a..b.
        (parts.hostname or "").encode("idna")
    except ValueError:
        is_usable = has_user = False
    if not is_usable or has_user:
        raise ConfigurationError(
            "The address of Mofang is unusable. Write it like "
            "https://mofang.example.com/services/training, without a user name."
        )
    return url.rstrip("/")


def _check_token(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            "The token has characters that no token has. Copy it again from the hub."
        )
    return token
