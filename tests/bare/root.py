"""A bare Debian 12, and what of this machine's settings it gets.

The settings are those without which it could not reach the registries: names of hosts,
certificates, mirrors, indexes, proxies. No program comes with them.
"""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mofang_images.apt import AptSource, apt_settings, listed_sources
from mofang_images.host import authorities_file
from mofang_images.indexes import index_variables

SUITE = "bookworm"
CERTIFICATES = "usr/local/share/ca-certificates"
AUTHORITIES = "etc/machine/ca.crt"
"""All that this machine trusts: for programs that ask for one file."""
ENVIRONMENT = "etc/machine/environment"

_GO = ("GOPROXY", "GOSUMDB", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOINSECURE")
_NAMES_AUTHORITIES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)


class RootError(Exception):
    """No bare Debian could be made on this machine."""


def make(root: Path, archive: Path, log: Path) -> None:
    """Fill an empty folder with a bare Debian and this machine's settings.

    Args:
        root: The folder.
        archive: Keeps what debootstrap made, for the next time.
        log: Gets what the programs print.
    """
    sources = _sources()
    if not archive.exists():
        _bootstrap(archive, sources, log)
    root.mkdir(parents=True)
    _run(["tar", "--numeric-owner", "-C", root, "-xf", archive], log)
    _lend_settings(root, sources)


def _sources() -> list[AptSource]:
    releases = {SUITE, f"{SUITE}-updates", f"{SUITE}-security"}
    found = [s for s in listed_sources(Path("/etc/apt")) if s.suite in releases]
    if not any(source.suite == SUITE for source in found):
        raise RootError(
            f"/etc/apt names no mirror of Debian's {SUITE}: add one to "
            "/etc/apt/sources.list.d."
        )
    return found


def _run(command: list[str | Path], log: Path) -> None:
    with log.open("a") as out:
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise RootError(f"`{shlex.join(map(str, command))}` failed: see {log}")


def _bootstrap(archive: Path, sources: list[AptSource], log: Path) -> None:
    mirror = next(source.uri for source in sources if source.suite == SUITE)
    scratch = archive.with_suffix(".scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        # Ended at any moment, it leaves neither processes nor mounts.
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        make = ["debootstrap", "--variant=minbase", SUITE, scratch, mirror]
        _run([*apart, *make], log)
        unfinished = archive.with_suffix(".unfinished")
        _run(["tar", "--numeric-owner", "-C", scratch, "-cf", unfinished, "."], log)
        unfinished.rename(archive)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _lend_settings(root: Path, sources: list[AptSource]) -> None:
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", root / "etc" / name)
    apt = root / "etc/apt"
    lines = "".join(f"{source.line()}\n" for source in sources)
    (apt / "sources.list").write_text(lines)
    settings = apt_settings()
    own = Path("/", CERTIFICATES)
    if own.is_dir():
        shutil.copytree(own, root / CERTIFICATES, dirs_exist_ok=True)
    (root / ENVIRONMENT).parent.mkdir()
    variables = {**index_variables(), **_go_variables(), **_npm_variables()}
    if authorities := authorities_file():
        shutil.copyfile(authorities, root / AUTHORITIES)
        variables |= dict.fromkeys(_NAMES_AUTHORITIES, f"/{AUTHORITIES}")
        settings.append(f'Acquire::https::CaInfo "/{AUTHORITIES}";')
    (apt / "apt.conf.d/90machine").write_text("".join(f"{s}\n" for s in settings))
    (root / ENVIRONMENT).write_text("".join(_exports(variables)))


def _exports(variables: dict[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        yield f"export {name}={shlex.quote(value)}\n"


def _go_variables() -> dict[str, str]:
    """How this machine's Go reaches modules."""
    return {name: value for name in _GO if (value := _said("go", "env", name))}


def _npm_variables() -> dict[str, str]:
    """How this machine's npm reaches packages; yarn's name for it, too."""
    registry = _said("npm", "config", "get", "registry")
    names = ("npm_config_registry", "YARN_NPM_REGISTRY_SERVER")
    return dict.fromkeys(names, registry) if registry else {}


def _said(program: str, *arguments: str) -> str:
    if not shutil.which(program):
        return ""
    return subprocess.check_output([program, *arguments], text=True).strip()
