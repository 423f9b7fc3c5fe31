"""What hub and training service say of themselves after attacks: logs and restarts."""

import datetime
import re
from collections import Counter
from collections.abc import Iterator

from support.platform import Platform

NAMESPACE = "mofang"
_COMPONENTS = ("hub", "training", "reconciler")
_BROKEN = re.compile(
    r"Traceback \(most recent call last\)|request broke|Uncaught exception"
    r"|exception was never retrieved|was never awaited|projects/smuggled"
)
_RAISED = re.compile(r"\s*[A-Za-z_.]+(Error|Exception|Warning|Closed)\b")
_LONGEST = 80
"""Lines of a traceback."""


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
        told: Counter[str] = Counter()
        for number, line in enumerate(lines):
            # JupyterHub writes down with a traceback what it answers with 400.
            if not _BROKEN.search(line) or "parse JSON" in lines[number - 1]:
                continue
            following = lines[number : number + _LONGEST]
            error = next((each for each in following if _RAISED.match(each)), "")
            told[error.strip() or line] += 1
        for text, count in told.items():
            yield f"log of {component}, {count} times: {text[:1000]}"

    def _read_restarts(self) -> Iterator[tuple[str, int]]:
        for space in (NAMESPACE, "istio-system"):
            for pod in self._platform.get("pods", "-n", space)["items"]:
                for each in pod["status"].get("containerStatuses", ()):
                    name = f"{pod['metadata']['name']}/{each['name']}"
                    yield name, int(each["restartCount"])
