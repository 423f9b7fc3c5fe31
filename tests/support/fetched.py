"""What a browser's page fetched over the network, and what its cache gave it."""

from collections import Counter
from typing import Any

from playwright.sync_api import Page


class Fetched:
    """Watches a page, across navigations, from the moment it is made."""

    def __init__(self, page: Page) -> None:
        self.network: Counter[str] = Counter()
        """Address → how many times it was fetched over the network."""
        self.cached: Counter[str] = Counter()
        """Address → how many times a cache had it."""
        self._from_memory_ids: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestServedFromCache", self._from_memory)
        session.on("Network.responseReceived", self._response)

    def _from_memory(self, event: dict[str, Any]) -> None:
        self._from_memory_ids.add(event["requestId"])

    def _response(self, event: dict[str, Any]) -> None:
        response, request = event["response"], event["requestId"]
        is_cached = response.get("fromDiskCache") or request in self._from_memory_ids
        (self.cached if is_cached else self.network)[response["url"]] += 1

    def over_network(self, part: str) -> Counter[str]:
        """What was fetched over the network of addresses with a part in them."""
        return Counter({url: n for url, n in self.network.items() if part in url})

    def from_cache(self, part: str) -> Counter[str]:
        """What caches had of addresses with a part in them."""
        return Counter({url: n for url, n in self.cached.items() if part in url})
