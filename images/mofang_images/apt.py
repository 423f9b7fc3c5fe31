"""Read how this machine's apt reaches Debian, for the Debian that images stand on.

The mirrors are those of the machine's own settings; only the release differs.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mofang_images.errors import HostError

SUITE = "trixie"
"""The release of Debian below all images."""

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

_SETTINGS = re.compile(
    r"Acquire::(https?::(?!.*(Ca|Ssl|Cert|Key))"
    r"|Check-|Retries|ForceIPv|AllowInsecure|AllowWeak)"
)
_POCKETS = re.compile(r"(?P<release>[a-z]+)(?P<pocket>|-updates|-security)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One repository of Debian packages."""

    uri: str
    suite: str
    components: str

    def line(self) -> str:
        """Write it as a line of sources.list."""
        return f"deb [signed-by={KEYRING}] {self.uri} {self.suite} {self.components}"


def image_sources(etc: Path = Path("/etc")) -> list[AptSource]:
    """Return where this machine would get the images' Debian from, if it is Debian.

    Sources of the images' own release come first; without any, those of the
    machine's release, asked for the other.
    """
    listed = list(listed_sources(etc / "apt"))
    for release in (SUITE, debian_release(etc)):
        of_release = [
            replace(source, suite=f"{SUITE}{found['pocket']}")
            for source in listed
            if (found := _POCKETS.fullmatch(source.suite))
            and found["release"] == release
        ]
        if of_release:
            return of_release
    return []


def debian_mirror(etc: Path = Path("/etc")) -> str:
    """Return the mirror to install the images' Debian from.

    Raises:
        HostError: The machine's settings name none.
    """
    mirrors = [source.uri for source in image_sources(etc) if source.suite == SUITE]
    if not mirrors:
        raise HostError(
            f"{etc / 'apt'} names no mirror of Debian. Add one of {SUITE} to "
            f"{etc / 'apt/sources.list.d'}, or build on an image of it: --base-image."
        )
    return mirrors[0]


def debian_release(etc: Path = Path("/etc")) -> str:
    """Return the name of this machine's Debian release; empty on other systems."""
    try:
        text = (etc / "os-release").read_text()
    except FileNotFoundError:
        return ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if fields.get("ID", "").strip('"') != "debian":
        return ""
    return fields.get("VERSION_CODENAME", "").strip('"')


def apt_settings() -> list[str]:
    """Return how this machine's apt reaches its mirrors: proxies, checks, retries."""
    program = shutil.which("apt-config")
    if program is None:
        return []
    dump = subprocess.run(  # noqa: S603 - a program of Debian, no input of anybody.
        [program, "dump"], check=True, capture_output=True, text=True
    ).stdout
    return [line for line in dump.splitlines() if _SETTINGS.match(line)]


def listed_sources(apt: Path) -> Iterable[AptSource]:
    """Return every source of packages that a folder like ``/etc/apt`` names."""
    for file in [apt / "sources.list", *sorted(apt.glob("sources.list.d/*"))]:
        if not file.is_file():
            continue
        match file.suffix:
            case ".list":
                yield from _one_line_sources(file.read_text())
            case ".sources":
                yield from _stanza_sources(file.read_text())
            case _:
                pass  # apt ignores other names, and so do we.


def _one_line_sources(text: str) -> Iterable[AptSource]:
    pattern = re.compile(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.+?)\s*(?:#.*)?$")
    for line in text.splitlines():
        if found := pattern.match(line.strip()):
            uri, suite, components = found.groups()
            yield AptSource(uri=uri, suite=suite, components=components)


def _stanza_sources(text: str) -> Iterable[AptSource]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(
            line.split(":", 1)
            for line in stanza.splitlines()
            if ":" in line and not line.startswith(("#", " ", "\t"))
        )
        if "deb" not in fields.get("Types", "").split():
            continue
        if fields.get("Enabled", "yes").strip().lower() in {"no", "false"}:
            continue
        for uri in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                components = fields.get("Components", "main").strip()
                yield AptSource(uri=uri, suite=suite, components=components)
