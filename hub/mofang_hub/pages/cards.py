"""A card of the gallery: one environment in one project, for one person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode

from mofang_hub.pages.availability import Availability
from mofang_hub.pages.link import Link
from mofang_hub.pages.linked_content import LinkedContent
from mofang_hub.pages.remedies import Remedy, find_remedy
from mofang_hub.pages.saved_card import SavedCard
from mofang_hub.pages.sizes import Advice, Size, read_sizes, say
from mofang_hub.pages.user_servers import Server, ServerState
from mofang_kube.quantities import readable_size
from mofang_spawner.environments.availability import Unavailable
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.start_history import UsualStart

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One environment in one project."""

    project: Project
    environment: Environment
    server: Server
    """The server that a start makes."""
    values: Link = field(default_factory=Link)
    """What the form's fields hold already."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Field → what is wrong with its value."""
    cache_bytes: int = 0
    """What may be written to ``/cache`` at the default sizes; 0 where there is none."""
    left: Mapping[str, Decimal] = field(default_factory=dict)
    """What the project may still ask for, by resource name."""
    access: str = ""
    """Who may start it, as far as the reader may know."""
    usual: UsualStart | None = None
    """What its starts take; None as long as too few were seen."""
    saved: SavedCard | None = None
    """Of a saved environment; None for any other."""
    advice: Mapping[str, Advice] = field(default_factory=dict)
    """Field → what earlier starts of the reader suggest for it."""
    availability: Availability | None = None
    """Whether a start gets its node at once; None as long as nobody knows."""
    after: str = ""
    """Where the start leads in the end, as JupyterHub's ``next``; empty: the server."""
    content: LinkedContent = field(default_factory=LinkedContent)
    """What a link opens in the server once it runs."""

    @property
    def action(self) -> str:
        """Where the form is sent to."""
        given = [urlencode({"next": self.after}) if self.after else ""]
        query = "&".join(each for each in (*given, self.content.query) if each)
        return f"{self.server.start_url}?{query}" if query else self.server.start_url

    @property
    def button(self) -> str:
        """What is on the button."""
        if not self.content:
            return "Start"
        verbs = [] if self.server.state is not ServerState.STOPPED else ["start"]
        verbs += ["clone"] if self.content.repository else []
        verbs += ["open"] if self.content.path else []
        *first, last = verbs
        text = f"{', '.join(first)} and {last}" if first else last
        return text.capitalize()

    @property
    def unavailable(self) -> Unavailable | None:
        """Why a server cannot be started here; None for a server that is there."""
        is_there = self.server.state is not ServerState.STOPPED
        return None if is_there else self.environment.unavailable

    @property
    def sizes(self) -> tuple[Size, ...]:
        """What may be chosen, and is: by a link, or for the last start."""
        return read_sizes(
            self.environment.resources,
            self.project,
            self.values if self.has_sizes else Link.of_options(self.server.options),
            faults=self.faults,
            left=self.left,
            advice=self.advice,
        )

    @property
    def has_sizes(self) -> bool:
        """Whether the section of sizes has something to show."""
        return any((self.values.cpu, self.values.memory, self.values.gpu, self.faults))

    @property
    def remedy(self) -> Remedy | None:
        """What helps after the server's failure; None where nothing failed or does."""
        failure = self.server.failure
        return find_remedy(failure.reason, self.sizes) if failure else None

    @property
    def usual_text(self) -> str:
        """What its starts take, in a sentence; empty as long as nobody knows."""
        if self.usual is None:
            return ""
        usually, slowly = _seconds(self.usual.median), _seconds(self.usual.p90)
        often = f", 9 times in 10 within {slowly}" if slowly != usually else ""
        return f"Usually ready in {usually}{often} (last {self.usual.count} starts)"

    @property
    def tags(self) -> tuple[str, ...]:
        """Its frameworks; a program without one is no framework."""
        return tuple(each for each in self.environment.frameworks if each != "single")

    @property
    def suggests_safe_mode(self) -> bool:
        """Whether a start without the user's own files is likely wanted."""
        return self.server.has_failed or self.values.safe_mode == "true"

    @property
    def size_text(self) -> str:
        """The sizes that a start takes, as a person says them."""
        parts = [
            say(each.value, each.unit) + (" memory" if each.name == "memory" else "")
            for each in self.sizes
            if each.value
        ]
        if self.cache_bytes:
            parts.append(f"{readable_size(self.cache_bytes)} /cache")
        return " · ".join(parts)


def _seconds(seconds: float) -> str:
    rounded = max(round(seconds), 1)
    return f"{rounded} s" if rounded < 2 * _MINUTE else f"{rounded // _MINUTE} min"
