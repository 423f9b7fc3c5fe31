"""What the building machine lends to a build, mounted at ``/run/host``.

Its certificates, mirrors, proxies and indexes, and the program that installs Python
packages. Nothing of it becomes part of an image.
"""

import os
import shlex
import shutil
import ssl
from collections.abc import Sequence
from pathlib import Path

from mofang_images.apt import AptSource, apt_settings, image_sources
from mofang_images.indexes import index_variables

MOUNTED_AT = "/run/host"

# A build that is cut short is thrown away whole, so dpkg need not wait for the disk.
_DPKG_SETTINGS = 'Dpkg::Options:: "--force-unsafe-io";'


INSTALLER = f"""#!/bin/sh
# Install the packages of a lock into the environment; further words are uv's.
# Byte code is kept, since the user of the container could not write it, and trusted
# without a look at its source, which nobody there can change.
set -eu
lock="$1"
shift
. {MOUNTED_AT}/environment
PYC_INVALIDATION_MODE=UNCHECKED_HASH {MOUNTED_AT}/uv pip install --quiet \\
    --python /opt/mofang/bin/python --link-mode copy --cache-dir /run/cache/uv \\
    --require-hashes --no-deps --compile-bytecode "$@" -r "$lock"
rm -f /opt/mofang/.lock
"""
"""What Dockerfiles call as ``/run/host/install-lock``."""


def write_host_folder(
    folder: Path, installer: Path, sources: Sequence[AptSource] | None = None
) -> None:
    """Write what a build mounts at ``/run/host``.

    Args:
        folder: Where it is mounted from.
        installer: The program ``uv``, as it runs in images.
        sources: Where Debian's packages come from; as on this machine by default.
    """
    variables = {"DEBIAN_FRONTEND": "noninteractive"} | index_variables()
    apt = [*apt_settings(), _DPKG_SETTINGS]
    if sources is None:
        sources = image_sources()
    if sources:
        lines = "".join(f"{source.line()}\n" for source in sources)
        (folder / "sources.list").write_text(lines)
        apt.append(f'Dir::Etc::sourcelist "{MOUNTED_AT}/sources.list";')
        apt.append('Dir::Etc::sourceparts "/dev/null";')
    if authorities := authorities_file():
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
    shutil.copy(installer, folder / "uv")
    script = folder / "install-lock"
    script.write_text(INSTALLER)
    script.chmod(0o755)


def authorities_file() -> Path | None:
    """Return the certificates this machine trusts."""
    named = os.environ.get("SSL_CERT_FILE")
    known = [named, "/etc/ssl/certs/ca-certificates.crt"]
    known.append(ssl.get_default_verify_paths().cafile)
    paths = (Path(each) for each in known if each)
    return next((path for path in paths if path.is_file()), None)
