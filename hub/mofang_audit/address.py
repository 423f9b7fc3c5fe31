"""From where a request came, by proxies that are trusted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAddress:
    """What is known of a client's address."""

    address: str
    """Seen by us, or by a proxy that we trust."""

    forwarded_for: str = ""
    """What was claimed by somebody whom we do not trust."""


def parse_networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """Read networks of proxies.

    Raises:
        ValueError: One is no network.
    """
    return tuple(ip_network(each, strict=False) for each in cidrs)


def client_address(
    peer: str, forwarded: Iterable[str], trusted: Sequence[Network]
) -> ClientAddress:
    """Return from where a request came.

    Each proxy appends to ``X-Forwarded-For`` whom it was called by. So it is read from
    its end for as long as the one who wrote an entry is trusted; what is before may be
    anybody's invention.

    Args:
        peer: Address at the other end of the connection.
        forwarded: Values of the header, in their order.
        trusted: Networks of proxies.
    """
    chain = [each.strip() for value in forwarded for each in value.split(",")]
    address = peer
    while chain and _is_in(address, trusted) and _is_address(chain[-1]):
        address = chain.pop()
    return ClientAddress(
        address=address, forwarded_for="" if address != peer else ", ".join(chain)
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    return _is_address(text) and any(ip_address(text) in each for each in networks)
