"""Who used what, and reports of what a server does."""

import json
from random import Random
from typing import Any, ClassVar
from urllib.parse import quote

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.classification import Classification, Outcome
from attack.exchange import Answer
from attack.request import Request, compose
from attack.scene import CALLERS, Caller, Scene

_PAGES = ("usage", "usage.csv", "api/mofang/usage", "api/mofang/usage/held")
_PERIODS = ("day", "week", "month", "year", "DAY", "0")
_DATES = ("2026-11-30", "0001-01-01", "9999-12-31", "2026-02-30", "-1-1-1", "2026")


class Usage(Attack):
    """Usage of others, by page, file and API."""

    name = "usage of others"
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request for a period, with filters that may be anything."""
        names = ("period", "date", "project", "measure", "user", "owner", "scope")
        texts = [*_PERIODS, *_DATES, scene.project, scene.other_project, "gpu", "cost"]
        pairs = []
        for _ in range(random.randint(0, 4)):
            text = random.choice(texts)
            if random.random() < 0.4:
                text = values.text(random)
            raw = text.encode("utf-8", errors="surrogatepass")[:1500]
            pairs.append(f"{random.choice(names)}={quote(raw, safe='')}")
        browser, program = caller.browser_headers, caller.headers
        path = f"/hub/{random.choice(_PAGES)}?{'&'.join(pairs)}"
        return Request(
            payload=compose(
                "GET",
                path,
                host=scene.host,
                headers=browser if random.random() < 0.5 else program,
            ),
            caller=caller.role,
            method="GET",
            # Everybody may read their own.
            must_be_refused=False,
        )

    @override
    def classify(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Classification:
        """Classify; a job that is no caller's is for none of them to see."""
        if scene.job.encode() in answer.body:
            why = "usage of the victim's job is in the answer"
            return Classification(outcome=Outcome.SUCCESS, why=why)
        return super().classify(request, answer, caller, scene)


class Activity(Attack):
    """Reports that another's server works or is idle, and extensions of its time."""

    name = "activity of another's server"
    weight = 0.5
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a report about the victim's server, or an extension of its time."""
        victim, server = scene.victim, scene.server
        what = random.choice(["activity", "extension"])
        path = f"/hub/api/mofang/users/{victim}/servers/{server}/{what}"
        idle = random.choice([0, 10**6, values.value(random)])
        report = {"idle_seconds": idle, "noticed_seconds": random.randrange(10**6)}
        extension = {"hours": random.randrange(1, 9000), "reason": values.text(random)}
        body: dict[str, Any] = report if what == "activity" else extension
        if random.random() < 0.5:
            body = {**body, "notebooks": values.value(random)}
        raw = json.dumps(body).encode()[:200_000]
        headers = caller.headers if random.random() < 0.7 else caller.browser_headers
        return Request(
            payload=compose(
                "POST",
                path,
                host=scene.host,
                headers=[*headers, ("Content-Type", "application/json")],
                body=raw,
            ),
            caller=caller.role,
            method="POST",
            must_be_refused=True,
        )
