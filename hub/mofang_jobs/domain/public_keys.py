"""A public key as a client names it: one of OpenSSH's kinds, whole, and nothing else.

Pure. What passes is safe in a line of ``authorized_keys``: it has no options, no
comment and no line's end, and its parts are those of its kind.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from mofang_kube.errors import RefusedError

MAX_BYTES = 2048
RSA_BITS = 2048

_LINE = re.compile(r"([a-z0-9@.-]{1,60}) ([A-Za-z0-9+/]+={0,2})")

_ED25519_BYTES = 32
_CURVES = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""Bytes of an uncompressed point."""

_FORMS: dict[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ed25519",),
    "sk-ssh-ed25519@openssh.com": ("ed25519", "application"),
    "sk-ecdsa-sha2-nistp256@openssh.com": ("nistp256", "application"),
    **{f"ecdsa-sha2-{curve}": (curve,) for curve in _CURVES},
    "ssh-rsa": ("rsa",),
}
"""What follows the type in a key of each kind."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key pair's public half."""

    kind: str
    content: bytes

    @property
    def line(self) -> str:
        """Type and base64, as in ``authorized_keys``."""
        return f"{self.kind} {base64.b64encode(self.content).decode()}"

    @property
    def fingerprint(self) -> str:
        """What ``ssh-keygen -l`` shows of it."""
        digest = hashlib.sha256(self.content).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def parse_public_key(line: str) -> PublicKey:
    """Return the key that a line names.

    Raises:
        RefusedError: It names none that would be admitted; says why.
    """
    if not line:
        raise RefusedError(
            "The header Mofang-Public-Key is missing: it holds the type and the base64 "
            "of a public key."
        )
    found = _LINE.fullmatch(line) if len(line) <= MAX_BYTES else None
    if found is None:
        raise RefusedError(
            "The header Mofang-Public-Key must be one line of at most 2 KiB: the type "
            "and the base64 of a public key, without a comment."
        )
    kind, text = found.groups()
    if kind not in _FORMS:
        raise RefusedError(
            f"Keys of the type {kind} are not accepted. Use one of {', '.join(_FORMS)}."
        )
    try:
        content = base64.b64decode(text, validate=True)
        _check(kind, content)
    except (ValueError, binascii.Error) as err:
        raise RefusedError(
            f"The key in the header Mofang-Public-Key is not a whole {kind} key: {err}."
        ) from None
    key = PublicKey(kind, content)
    if key.line != line:
        raise RefusedError(
            "The key in the header Mofang-Public-Key is not encoded as OpenSSH does."
        )
    return key


def _check(kind: str, content: bytes) -> None:
    name, rest = _take(content)
    if name != kind.encode():
        raise ValueError("its content is of another type")
    for part in _FORMS[kind]:
        if part in _CURVES:
            rest = _check_point(part, rest)
        elif part == "rsa":
            rest = _check_rsa(rest)
        else:
            value, rest = _take(rest)
            if part == "ed25519" and len(value) != _ED25519_BYTES:
                raise ValueError("it has not 32 bytes")
    if rest:
        raise ValueError("something follows it")


def _check_point(curve: str, content: bytes) -> bytes:
    name, rest = _take(content)
    point, rest = _take(rest)
    if name != curve.encode() or len(point) != _CURVES[curve] or point[0] != 4:  # noqa: PLR2004 - the mark of such points
        raise ValueError(f"it has no point of {curve}")
    return rest


def _check_rsa(content: bytes) -> bytes:
    exponent, rest = _take(content)
    modulus, rest = _take(rest)
    # A first bit that is set would make the number a negative one.
    if any(not part or part[0] & 0x80 for part in (exponent, modulus)):
        raise ValueError("its numbers are not valid")
    if int.from_bytes(modulus, "big").bit_length() < RSA_BITS:
        raise ValueError(f"it has less than {RSA_BITS} bits")
    return rest


def _take(content: bytes) -> tuple[bytes, bytes]:
    """Split off what a length of four bytes precedes."""
    end = 4 + int.from_bytes(content[:4], "big")
    if len(content) < max(4, end):
        raise ValueError("it ends too soon")
    return content[4:end], content[end:]
