"""The address of this container by which others reach it, and its interface."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from dataclasses import dataclass

PREFERRED = "eth0"
"""What the network of a pod is called."""

LOOPBACK = "lo"

_SIOCGIFADDR = 0x8915
_NAME_BYTES = 15


@dataclass(frozen=True)
class Address:
    """Where this container is called."""

    ip: str
    interface: str


def own_address() -> Address:
    """Return the address of ``eth0``, or of the first interface that has one.

    A container that has no network at all calls itself.
    """
    names = sorted(
        (name for _, name in socket.if_nameindex() if name != LOOPBACK),
        key=lambda name: (name != PREFERRED, name),
    )
    for name in names:
        ip = _address_of(name)
        if ip:
            return Address(ip, name)
    return Address("127.0.0.1", LOOPBACK)


def resolve(host: str) -> str:
    """Return the address of a host, empty if its name is not known."""
    try:
        return socket.gethostbyname(host) if host else ""
    except (OSError, UnicodeError):
        return ""


def _address_of(interface: str) -> str:
    request = struct.pack("256s", os.fsencode(interface)[:_NAME_BYTES])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
        except OSError:
            # It has no address of the fourth version.
            return ""
    return socket.inet_ntoa(answer[20:24])
