"""How two jobs differ, in what was asked and in what came of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from mofang.display import age_of
from mofang_api.models import Job

_ABSENT = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two jobs do not share."""

    name: str
    """A dotted field: ``hyperparameters.lr``, ``result.accuracy``, ``state``."""

    left: str
    """Empty where the first job has nothing of the name."""

    right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two jobs side by side; shown as a table in a notebook."""

    left: str
    """Id of the first job."""

    right: str
    settings: tuple[Difference, ...]
    """In what they were asked to do, where they differ."""

    outcomes: tuple[Difference, ...]
    """What became of them and what their scripts reported, differing or not."""

    def as_dict(self) -> dict[str, Any]:
        """Return the same for programs."""
        return asdict(self)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col">{escape(title)}</th>'
            for title in ("", self.left, self.right)
        )
        rows = [*_rows("Settings that differ", self.settings)]
        rows += _rows("Outcome", self.outcomes)
        body = "".join(rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def compare_jobs(
    jobs: tuple[Job, Job], results: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> Comparison:
    """Return how two jobs differ.

    Args:
        jobs: The two.
        results: What their scripts reported.
    """
    settings = [_flat(_fields(job)) for job in jobs]
    outcomes = [
        {**_outcome(job), **_flat({"result": result})}
        for job, result in zip(jobs, results, strict=True)
    ]
    return Comparison(
        left=jobs[0].id,
        right=jobs[1].id,
        settings=tuple(each for each in _pairs(*settings) if each.left != each.right),
        outcomes=tuple(_pairs(*outcomes)),
    )


def _fields(job: Job) -> dict[str, Any]:
    fields = job.spec.model_dump(mode="json", exclude_none=True)
    fields.pop("rerun_of", None)
    # By name, so that an order says nothing.
    fields["flags"] = dict.fromkeys(fields["flags"], True)
    for kind in ("inputs", "outputs"):
        fields[kind] = {place.pop("name"): place for place in fields[kind]}
    return fields


def _outcome(job: Job) -> dict[str, str]:
    return {
        "state": job.state,
        "reason": job.reason or _ABSENT,
        "time": age_of(job),
        "attempts": str(job.attempt),
    }


def _flat(values: Mapping[str, Any], path: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}{name}.")
        else:
            is_text = isinstance(value, str)
            flat[f"{path}{name}"] = value if is_text else json.dumps(value)
    return flat


def _pairs(left: Mapping[str, str], right: Mapping[str, str]) -> Iterable[Difference]:
    names = [*left, *(name for name in right if name not in left)]
    for name in names:
        yield Difference(name, left.get(name, _ABSENT), right.get(name, _ABSENT))


def _rows(title: str, differences: Iterable[Difference]) -> Iterable[str]:
    yield f'<tr><th scope="rowgroup" colspan="3">{escape(title)}</th></tr>'
    for each in differences:
        cells = "".join(f"<td>{escape(text)}</td>" for text in (each.left, each.right))
        yield f'<tr><th scope="row">{escape(each.name)}</th>{cells}</tr>'
