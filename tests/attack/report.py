"""What became of the requests of each kind, as a table, and what must not have been."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from attack import upstream
from attack.classification import Classification, Outcome
from attack.exchange import Answer
from attack.request import Request

_SHOWN = 3
"""Examples of each reason."""


@dataclass(kw_only=True)
class Tally:
    """Of one kind of attack."""

    name: str
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    examples: dict[tuple[Outcome, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    counts: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, request: Request, answer: Answer, found: Classification) -> None:
        """Count an answer; known faults of others are counted apart.

        Args:
            request: What was sent.
            answer: What came back.
            found: What it means.
        """
        outcome, why = found.outcome, found.why
        known = upstream.find(request, answer) if outcome is Outcome.FAULT else None
        if known is not None:
            outcome, why = Outcome.UPSTREAM, f"{known.whose}: {known.what}"
        self.statuses[str(answer.status or answer.end)] += 1
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, answer.seconds)
        if outcome in (Outcome.REFUSED, Outcome.ALLOWED):
            return
        self.counts[outcome, why] += 1
        if len(self.examples[outcome, why]) < _SHOWN:
            self.examples[outcome, why].append(_example(request, answer))

    def add_change(self, text: str) -> None:
        """Count something that was changed by whoever may not."""
        self.outcomes[Outcome.SUCCESS] += 1
        self.counts[Outcome.SUCCESS, text] += 1

    def add_fault(self, text: str) -> None:
        """Count what a service said of itself."""
        self.outcomes[Outcome.FAULT] += 1
        self.counts[Outcome.FAULT, text] += 1

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def line(self) -> str:
        """Return its line of the table."""
        statuses = ", ".join(
            f"{status}: {count}" for status, count in sorted(self.statuses.items())
        )
        rate = self.requests / self.seconds if self.seconds else 0
        return (
            f"{self.name:32} {self.requests:7} {self.outcomes[Outcome.SUCCESS]:9} "
            f"{self.outcomes[Outcome.FAULT]:6} {self.outcomes[Outcome.UPSTREAM]:8} "
            f"{self.statuses['429']:6} {rate:5.0f}/s {self.slowest:5.1f} s  {statuses}"
        )


HEAD = (
    f"{'attack':32} {'requests':>7} {'successes':>9} {'faults':>6} {'upstream':>8} "
    f"{'429':>6} {'rate':>7} {'slowest':>7}  answers"
)


def details(tallies: list[Tally]) -> list[str]:
    """Return lines about each success, fault and finding, with examples."""
    lines = []
    for tally in tallies:
        for (outcome, why), count in sorted(tally.counts.items()):
            lines.append(f"\n{outcome.upper()}, {tally.name}, {count} times: {why}")
            lines += tally.examples[outcome, why]
    return lines


def _example(request: Request, answer: Answer) -> str:
    sent = repr(request.payload[:700])[2:-1]
    back = repr(answer.body[:400])[2:-1]
    return (
        f"  {request.caller}, to the {request.to}:\n    {sent}\n"
        f"  {answer.status} {answer.end} in {answer.seconds:.1f} s:\n    {back}"
    )
