"""Push built images to a registry, and say how the chart names them there.

skopeo does the pushing: it sends layers as the archives hold them, and none that the
registry has. It logs in with what ``skopeo login`` or ``docker login`` left.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from mofang_images.build import BuiltImage
from mofang_images.commands import CommandLog, step
from mofang_images.errors import HostError, ImageError, SourceError
from mofang_images.layouts import Stack, write_layout
from mofang_images.store import Store

_PROGRAM = "skopeo"
_DIGEST_FILE = "pushed.digest"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PREFIX = re.compile(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
)


def check_push(prefix: str) -> None:
    """Refuse what cannot work before anything is built.

    Raises:
        SourceError: The place is not a registry's.
        HostError: The program that pushes is missing.
    """
    if not _PREFIX.fullmatch(prefix):
        raise SourceError(
            f"{prefix} is not a place in a registry: write it as HOST[:PORT]/PREFIX, "
            "without https://, in small letters."
        )
    if not shutil.which(_PROGRAM):
        raise HostError(
            f"The program {_PROGRAM} is missing, which pushes images; "
            f"on Debian: apt-get install {_PROGRAM}."
        )


def push_images(
    images: Sequence[BuiltImage], prefix: str, store: Store, *, plain_http: bool
) -> dict[str, str]:
    """Push images below a prefix, under the names and tags that they have here.

    Returns their digests in the registry, by name.

    Args:
        images: Names; empty for all.
        prefix: Registry and folder, such as ``registry.example.org/mofang``.
        store: Where built images are kept.
        plain_http: Without TLS.

    Raises:
        CommandError: The registry could not be reached, or refused.
        ImageError: skopeo did not say what it pushed.
    """
    digests = {}
    stacks = {
        _tagged(image): Stack(
            archive=image.archive, below=[part.archive for part in image.below]
        )
        for image in images
    }
    with store.scratch("push") as scratch:
        with step("Gathering the layers"):
            write_layout(scratch, stacks)
        for image in images:
            name = _tagged(image)
            log = CommandLog(path=store.log("push", image.name))
            log.path.unlink(missing_ok=True)
            with step(f"Pushing {image.name} to {prefix}/{name}"):
                log.run(
                    f"push {image.name} to {prefix}",
                    push_command(scratch, name, prefix, plain_http=plain_http),
                )
            digests[image.name] = _read_digest(scratch / _DIGEST_FILE)
    return digests


def _read_digest(file: Path) -> str:
    """Return what skopeo wrote, and remove it, so that none is taken for another's."""
    digest = file.read_text().strip() if file.exists() else ""
    file.unlink(missing_ok=True)
    if not _DIGEST.fullmatch(digest):
        raise ImageError(
            f"{_PROGRAM} did not say the digest of what it pushed, but {digest!r}. "
            f"Install a newer {_PROGRAM}."
        )
    return digest


def push_command(
    layout: Path, name: str, prefix: str, *, plain_http: bool
) -> list[str | Path]:
    """Return the command that pushes one image of a layout, as it is.

    It leaves the digest in a file beside the layout's.

    Args:
        layout: Directory of an OCI layout.
        name: Name and tag.
        prefix: Registry and folder.
        plain_http: Without TLS.
    """
    return [
        *(_PROGRAM, "copy", "--preserve-digests", "--retry-times", "3"),
        *("--digestfile", layout / _DIGEST_FILE),
        *(["--dest-tls-verify=false"] if plain_http else []),
        f"oci:{layout}:{name}",
        f"docker://{prefix}/{name}",
    ]


def chart_values(
    images: Sequence[BuiltImage], prefix: str, digests: Mapping[str, str]
) -> str:
    """Return the values of the chart that name the images where they were pushed.

    Args:
        images: What was pushed.
        prefix: Registry and folder.
        digests: Digests in the registry, by name.
    """
    named = {
        image.name: {
            "repository": f"{prefix}/{image.name}",
            "tag": image.ref.rpartition(":")[2],
            "digest": digests[image.name],
        }
        for image in images
    }
    return yaml.safe_dump({"images": named}, sort_keys=False)


def _tagged(image: BuiltImage) -> str:
    return f"{image.name}:{image.ref.rpartition(':')[2]}"
