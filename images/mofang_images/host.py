"""What the building machine needs to reach registries, lent to a build.

Certificates, mirrors, proxies and indexes of this machine are written to a
private folder, which a Dockerfile mounts at ``/run/host``. Nothing of it becomes
part of an image: an image keeps Debian's own sources and certificates.
"""

import configparser
import os
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MOUNTED_AT = "/run/host"
SUITE = "bookworm"
PUBLIC_MIRROR = "http://deb.debian.org/debian"

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
_APT_SETTINGS = re.compile(
    r"Acquire::(https?::(?!.*(Ca|Ssl|Cert|Key))"
    r"|Check-|Retries|ForceIPv|AllowInsecure|AllowWeak)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One repository of Debian packages."""

    uri: str
    suite: str
    components: str

    def line(self) -> str:
        """Write it as a line of sources.list."""
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        return f"deb [signed-by={keyring}] {self.uri} {self.suite} {self.components}"


def write_host_folder(folder: Path) -> None:
    """Write what a build mounts at ``/run/host``."""
    variables = {"DEBIAN_FRONTEND": "noninteractive"}
    variables |= _pip_configuration() | _from_environment(os.environ)
    apt = _apt_settings()
    if sources := apt_sources():
        lines = "".join(f"{source.line()}\n" for source in sources)
        (folder / "sources.list").write_text(lines)
        apt.append(f'Dir::Etc::sourcelist "{MOUNTED_AT}/sources.list";')
        apt.append('Dir::Etc::sourceparts "/dev/null";')
    if authorities := _authorities():
        shutil.copyfile(authorities, folder / "ca.crt")
        mounted = f"{MOUNTED_AT}/ca.crt"
        names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        variables |= dict.fromkeys(names, mounted)
        apt.append(f'Acquire::https::CaInfo "{mounted}";')
    (folder / "apt.conf").write_text("".join(f"{line}\n" for line in apt))
    variables["APT_CONFIG"] = f"{MOUNTED_AT}/apt.conf"
    (folder / "environment").write_text(
        "".join(f"export {name}={shlex.quote(variables[name])}\n" for name in variables)
    )


def apt_sources(etc: Path = Path("/etc/apt")) -> list[AptSource]:
    """Return this machine's own repositories of Debian bookworm, if it has any."""
    found: list[AptSource] = []
    for file in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*"))]:
        if not file.is_file():
            continue
        match file.suffix:
            case ".list":
                found += _one_line_sources(file.read_text())
            case ".sources":
                found += _stanza_sources(file.read_text())
            case _:
                pass  # apt ignores other names, and so do we.
    return [source for source in found if re.fullmatch(rf"{SUITE}(-.+)?", source.suite)]


def debian_mirror() -> str:
    """Return the mirror this machine installs Debian itself from."""
    mirrors = [source.uri for source in apt_sources() if source.suite == SUITE]
    return mirrors[0] if mirrors else PUBLIC_MIRROR


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


def _apt_settings() -> list[str]:
    """Return how this machine's apt reaches its mirrors: proxies, checks, retries."""
    program = shutil.which("apt-config")
    if program is None:
        return []
    dump = subprocess.run(  # noqa: S603 - a program of Debian, no input of anybody.
        [program, "dump"], check=True, capture_output=True, text=True
    ).stdout
    return [line for line in dump.splitlines() if _APT_SETTINGS.match(line)]


def _authorities() -> Path | None:
    """Return the certificates this machine trusts."""
    named = os.environ.get("SSL_CERT_FILE")
    known = [named, "/etc/ssl/certs/ca-certificates.crt"]
    known.append(ssl.get_default_verify_paths().cafile)
    paths = (Path(each) for each in known if each)
    return next((path for path in paths if path.is_file()), None)


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _PASSED_ON if environment.get(name)}


def _pip_configuration() -> dict[str, str]:
    """Return the indexes of pip's configuration files, for pip and for uv."""
    parser = configparser.ConfigParser(interpolation=None)
    home = Path.home()
    parser.read(
        ["/etc/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    )
    found: dict[str, str] = {}
    for option, names in _FROM_PIP_CONF.items():
        if value := parser.get("global", option, fallback=None):
            found |= dict.fromkeys(names, " ".join(value.split()))
    return found
