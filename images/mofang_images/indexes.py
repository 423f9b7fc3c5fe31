"""Read how this machine's pip and uv reach their package indexes.

What is found is said as environment variables, which both programs read in a build.
"""

import configparser
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# How programs are told of indexes and proxies. What names a path of this machine
# (PIP_FIND_LINKS, PIP_CERT …) is not among them.
_PASSED_ON = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_HTTP_TIMEOUT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
_FROM_PIP_CONF = {
    "index-url": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    "extra-index-url": ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    "trusted-host": ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST"),
}


def index_variables(
    environment: Mapping[str, str] = os.environ,
    *,
    etc: Path = Path("/etc"),
    home: Path | None = None,
) -> dict[str, str]:
    """Return what tells pip and uv of this machine's indexes and proxies.

    As for the programs themselves, the environment is stronger than a person's file,
    and this one stronger than the machine's.

    Args:
        environment: Environment variables.
        etc: Where pip's and uv's system settings are.
        home: Where the user's are.
    """
    home = home or Path.home()
    configuration = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    found = _from_pip(
        etc / "pip.conf", home / ".pip/pip.conf", configuration / "pip/pip.conf"
    )
    for file in (etc / "uv/uv.toml", configuration / "uv/uv.toml"):
        found |= _from_uv(file)
    passed = {name: environment[name] for name in _PASSED_ON if environment.get(name)}
    return found | passed


def _from_pip(*files: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(files)
    found: dict[str, str] = {}
    for option, names in _FROM_PIP_CONF.items():
        if value := parser.get("global", option, fallback=None):
            found |= dict.fromkeys(names, " ".join(value.split()))
    return found


def _from_uv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    said = tomllib.loads(file.read_text())
    # uv takes what speaks of pip alone from a section of its own.
    said |= said.get("pip", {})
    default, others = _uv_indexes(said)
    hosts = [str(host) for host in said.get("allow-insecure-host", ())]
    found: dict[str, str] = {}
    if default:
        found |= {"UV_DEFAULT_INDEX": default, "PIP_INDEX_URL": default}
    if others:
        found |= dict.fromkeys(("UV_INDEX", "PIP_EXTRA_INDEX_URL"), " ".join(others))
    if hosts:
        found |= dict.fromkeys(
            ("UV_INSECURE_HOST", "PIP_TRUSTED_HOST"), " ".join(hosts)
        )
    return found


def _uv_indexes(said: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return uv's default index and the others, in both ways of writing them."""
    default = str(said.get("index-url", ""))
    others = [str(url) for url in said.get("extra-index-url", ())]
    for index in said.get("index", ()):
        if index.get("default"):
            default = str(index["url"])
        elif not index.get("explicit"):
            others.append(str(index["url"]))
    return default, others
