"""What hub and training service say of themselves after attacks: logs and restarts."""

import datetime
import re
from collections.abc import Iterator

from support.platform import Platform

NAMESPACE = "mofang"
_COMPONENTS = ("hub", "training", "reconciler")
_BROKEN = re.compile(
    r"Traceback \(most recent call last\)|request broke|Uncaught exception"
    r"|exception was never retrieved|was never awaited|projects/smuggled"
)
_SHOWN = 12
"""Lines of a log after the one that tells."""


class Services:
    """Watches what the services write from now on.

    Args:
        platform: The platform.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._restarts = dict(self._read_restarts())
        self._since = datetime.datetime.now(datetime.UTC)

    def faults(self) -> list[str]:
        """Return a text for each traceback in a log, and each restart."""
        began, self._since = self._since, datetime.datetime.now(datetime.UTC)
        found = [text for each in _COMPONENTS for text in self._broken(each, began)]
        restarts = dict(self._read_restarts())
        for name in restarts.keys() | self._restarts.keys():
            was, now = self._restarts.get(name), restarts.get(name)
            if was != now:
                found.append(f"container {name} was started anew: {was} → {now}")
        self._restarts = restarts
        return found

    def _broken(self, component: str, since: datetime.datetime) -> Iterator[str]:
        text = self._platform.kubectl(
            "logs",
            "-n",
            NAMESPACE,
            f"deployment/{component}",
            f"--since-time={since.isoformat(timespec='seconds')}",
        )
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if _BROKEN.search(line):
                first = max(0, number - 2)
                shown = "\n    ".join(lines[first : number + _SHOWN])
                yield f"log of {component}:\n    {shown[:3000]}"

    def _read_restarts(self) -> Iterator[tuple[str, int]]:
        for space in (NAMESPACE, "istio-system"):
            for pod in self._platform.get("pods", "-n", space)["items"]:
                for each in pod["status"].get("containerStatuses", ()):
                    name = f"{pod['metadata']['name']}/{each['name']}"
                    yield name, int(each["restartCount"])
