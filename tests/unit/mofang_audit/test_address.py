"""From where a request came, whatever its headers say."""

import pytest

from mofang_audit.address import client_address, parse_networks

GATEWAY, BALANCER, CLIENT, POD = "10.1.0.7", "192.0.2.1", "198.51.100.9", "10.244.3.4"
TRUSTED = parse_networks(["10.1.0.0/16", "192.0.2.1"])


@pytest.mark.parametrize(
    ("peer", "header", "address", "claimed"),
    [
        pytest.param(POD, [], POD, "", id="a pod"),
        pytest.param(POD, [CLIENT], POD, CLIENT, id="a pod that says to be another"),
        pytest.param(GATEWAY, [CLIENT], CLIENT, "", id="by the gateway"),
        pytest.param(
            GATEWAY, [f"{CLIENT}, {BALANCER}"], CLIENT, "", id="by both proxies"
        ),
        pytest.param(
            GATEWAY, [CLIENT, BALANCER], CLIENT, "", id="in two headers of this name"
        ),
        pytest.param(
            GATEWAY, [f"{POD}, {CLIENT}"], CLIENT, "", id="with an invention before it"
        ),
        pytest.param(GATEWAY, ["<b>"], GATEWAY, "<b>", id="no address at all"),
        pytest.param(GATEWAY, [], GATEWAY, "", id="the gateway itself"),
        pytest.param("", [CLIENT], "", CLIENT, id="a peer without an address"),
    ],
)
def test_only_trusted_proxies_are_believed(peer, header, address, claimed):
    found = client_address(peer, header, TRUSTED)
    assert (found.address, found.forwarded_for) == (address, claimed)


def test_who_trusts_nobody_believes_nothing():
    found = client_address(GATEWAY, [CLIENT], ())
    assert (found.address, found.forwarded_for) == (GATEWAY, CLIENT)
