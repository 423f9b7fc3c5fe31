"""Specifications of jobs with hostile fields."""

import json
from random import Random
from typing import ClassVar

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.exchange import Answer
from attack.request import Request, compose
from attack.scene import CALLERS, COLLEAGUE, Caller, Scene


class Submissions(Attack):
    """Specifications of jobs with hostile fields, by those who may submit none here."""

    name = "jobs of those who may not"
    weight = 2.0
    callers: ClassVar = tuple(each for each in CALLERS if each != COLLEAGUE)

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a submission, valid but for some fields."""
        spec = values.mutated(random, dict(scene.spec))
        path = random.choice([scene.jobs, scene.jobs, f"{scene.jobs}/preview"])
        headers = [*caller.headers, ("Content-Type", "application/json")]
        body = values.encode(spec)
        return Request(
            payload=compose("POST", path, host=scene.host, headers=headers, body=body),
            caller=caller.role,
            method="POST",
        )


class Previews(Attack):
    """Specifications of jobs with hostile fields, by a member."""

    name = "fields of jobs"
    weight = 4.0
    callers: ClassVar = (COLLEAGUE,)

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a job that is not made; a member may ask for it."""
        spec = values.mutated(random, dict(scene.spec))
        headers = [*caller.headers, ("Content-Type", "application/json")]
        payload = compose(
            "POST",
            f"{scene.jobs}/preview",
            host=scene.host,
            headers=headers,
            body=values.encode(spec),
        )
        return Request(
            payload=payload, caller=caller.role, method="POST", must_be_refused=False
        )


class Creations(Attack):
    """Jobs with hostile fields that a member makes; they never fit, and are deleted."""

    name = "jobs of a member"
    weight = 0.5
    callers: ClassVar = (COLLEAGUE,)

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a submission of the caller's own."""
        spec = values.mutated(random, dict(scene.spec) | {"secrets": {}})
        # More than the project may use.
        spec["resources"] = {"cpu": "15", "memory": "64Mi"}
        headers = [*caller.headers, ("Content-Type", "application/json")]
        return Request(
            payload=compose(
                "POST",
                scene.jobs,
                host=scene.host,
                headers=headers,
                body=values.encode(spec),
            ),
            caller=caller.role,
            method="POST",
            must_be_refused=False,
        )

    @override
    def follow_up(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Request | None:
        """Delete the job, if one was made."""
        if answer.status != 201:
            return None
        path = f"{scene.jobs}/{json.loads(answer.body)['id']}"
        return Request(
            payload=compose("DELETE", path, host=scene.host, headers=caller.headers),
            caller=caller.role,
            method="DELETE",
        )
