"""Requests by the descriptions of the APIs, drawn by schemathesis."""

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any, ClassVar

from typing_extensions import override

from attack.attack import Attack
from attack.exchange import Answer
from attack.kinds.bodies import raw_body
from attack.request import Request, compose
from attack.scene import ANONYMOUS, CALLERS, MEMBERS, Caller, Scene
from mofang_jobs.api.openapi import build_document as build_training_document
from support.described_requests import DescribedRequest, DescribedRequests
from support.hub_openapi import build_document as build_hub_document

_BATCH = 4
_ME = "whoever-asks"
"""Stands for the caller in what is drawn."""

_OWN_SERVER = "attacked"
_ODD_IDS = ("a0", "a999999999", f"a{2**63}", "a" + "9" * 5000, "a\u0663", "sc_1", "-1")


class Described(Attack):
    """Requests of one description, right and wrong ones, of things of many people."""

    callers: ClassVar = CALLERS
    is_drawn_slowly: ClassVar = True

    @override
    def requests(
        self, random: Random, turns: Iterable[Caller], scene: Scene
    ) -> Iterator[tuple[Request, Caller]]:
        """Yield requests, a batch of one operation after the other."""
        described = DescribedRequests(
            self.document, self.names(scene), excluded=self.excluded
        )
        callers = list(turns)
        drawn = list(islice(described.draw(random, _BATCH), len(callers)))
        for each, caller in zip(drawn, callers, strict=True):
            yield self._compose(random, each, caller, scene), caller

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return the first of a batch of its own."""
        return next(self.requests(random, [caller], scene))[0]

    excluded: ClassVar[frozenset[str]] = frozenset()
    """Paths of the description that nobody asks for."""

    @property
    @abstractmethod
    def document(self) -> dict[str, Any]:
        """The description."""

    @abstractmethod
    def names(self, scene: Scene) -> Mapping[str, Sequence[str]]:
        """Return values of paths' parameters that mean something.

        Args:
            scene: Whom the requests are aimed at.
        """

    @abstractmethod
    def must_be_refused(
        self, drawn: DescribedRequest, caller: Caller, scene: Scene
    ) -> bool:
        """Say whether the caller may have no answer.

        Args:
            drawn: What is asked for.
            caller: By whom.
            scene: Whom it is aimed at.
        """

    @abstractmethod
    def is_stream(self, drawn: DescribedRequest, scene: Scene) -> bool:
        """Say whether an answer may go on for as long as somebody listens.

        Args:
            drawn: What is asked for.
            scene: Whom it is aimed at.
        """

    def _compose(
        self, random: Random, drawn: DescribedRequest, caller: Caller, scene: Scene
    ) -> Request:
        body = drawn.body
        if body is not None and random.random() < 0.15:
            body = raw_body(random)
        who = caller.headers
        if caller.cookie and random.random() < 0.3:
            who = caller.browser_headers
        me = caller.user or "nobody"
        return Request(
            payload=compose(
                drawn.method,
                drawn.target.replace(_ME, me),
                host=scene.host,
                headers=[*who, *drawn.headers],
                body=body,
            ),
            caller=caller.role,
            method=drawn.method,
            must_be_refused=self.must_be_refused(drawn, caller, scene),
            is_stream=self.is_stream(drawn, scene),
        )


class HubApi(Described):
    """JupyterHub's own REST API; nobody sends requests who may end the hub."""

    name = "JupyterHub's REST API"
    weight = 1.0
    excluded: ClassVar = frozenset({"/hub/api/shutdown"})

    @override
    @cached_property
    def document(self) -> dict[str, Any]:
        return build_hub_document()

    @override
    def names(self, scene: Scene) -> Mapping[str, Sequence[str]]:
        return {
            "user_name": (_ME, _ME, _ME, scene.victim, "admin", "absent"),
            "owner_name": (_ME, scene.victim),
            "server_name": (_OWN_SERVER, _OWN_SERVER, scene.server, ""),
            "group_name": (scene.project, scene.other_project),
            "service_name": ("training",),
            "token_id": _ODD_IDS,
            "cookie_name": ("jupyterhub-hub-login",),
        }

    @override
    def must_be_refused(
        self, drawn: DescribedRequest, caller: Caller, scene: Scene
    ) -> bool:
        whose = {
            drawn.parameters.get("user_name"),
            drawn.parameters.get("owner_name"),
        }
        if caller.role == ANONYMOUS:
            return drawn.path != "/hub/api"
        is_of_admins = drawn.path in {"/hub/api/proxy", "/hub/api/info"}
        creates = drawn.method == "POST" and drawn.path in {
            "/hub/api/users",
            "/hub/api/groups",
        }
        changes_service = drawn.method != "GET" and "service_name" in drawn.parameters
        return (
            bool(whose & {scene.victim, "admin"})
            or "group_name" in drawn.parameters
            or is_of_admins
            or creates
            or changes_service
        )

    @override
    def is_stream(self, drawn: DescribedRequest, scene: Scene) -> bool:
        # Of a start, and nobody here starts anything.
        return False

    @override
    def follow_up(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Request | None:
        """Remove a server or a token of the caller's own that was made."""
        if not 200 <= answer.status < 300 or request.method not in _MAKE:
            return None
        target = request.payload.split(b" ", 2)[1].decode()
        path, _, _ = target.partition("?")
        path, body = path.rstrip("/"), None
        if path.endswith("/tokens"):
            path += f"/{json.loads(answer.body)['id']}"
        elif "/servers/" in path:
            start, _, name = path.rpartition("/")
            if request.method == "PATCH":
                name = json.loads(answer.body)["name"]
            path, body = f"{start}/{name}", b'{"remove": true}'
        elif path.endswith("/server"):
            body = b"{}"
        else:
            return None
        payload = compose(
            "DELETE", path, host=scene.host, headers=caller.headers, body=body
        )
        return replace(request, payload=payload, method="DELETE")


_MAKE = ("POST", "PUT", "PATCH")


class TrainingApi(Described):
    """The training service's own API."""

    name = "the training service's OpenAPI"
    weight = 1.0

    @override
    @cached_property
    def document(self) -> dict[str, Any]:
        return build_training_document()

    @override
    def names(self, scene: Scene) -> Mapping[str, Sequence[str]]:
        return {
            "project": (scene.project, scene.project, scene.other_project),
            "job": (scene.job, scene.job, "absent-aaaaaa"),
            "role": (scene.role,),
            "index": ("0", "0", "1", str(2**64)),
        }

    @override
    def must_be_refused(
        self, drawn: DescribedRequest, caller: Caller, scene: Scene
    ) -> bool:
        if "project" not in drawn.parameters:
            return drawn.path.endswith("/metrics")
        if caller.role == ANONYMOUS:
            return True
        if drawn.parameters["project"] != scene.project:
            return False
        enters = drawn.path.endswith(("/shell/{role}/{index}", "/ssh/{role}/{index}"))
        changes = drawn.method != "GET" and "job" in drawn.parameters
        return enters or changes or caller.role not in MEMBERS

    @override
    def is_stream(self, drawn: DescribedRequest, scene: Scene) -> bool:
        if drawn.parameters.get("project") not in (scene.project, scene.other_project):
            return False
        follows = "follow=" in drawn.target and drawn.parameters["job"] == scene.job
        return follows or drawn.path.endswith("/watch")

    @override
    def follow_up(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Request | None:
        """Delete the job, if one was made."""
        if answer.status != 201:
            return None
        path = request.payload.split(b" ", 2)[1].decode()
        payload = compose(
            "DELETE",
            f"{path}/{json.loads(answer.body)['id']}",
            host=scene.host,
            headers=caller.headers,
        )
        return replace(request, payload=payload, method="DELETE")
