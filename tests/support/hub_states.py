"""What people, an administrator and faults do to a hub, as a state machine.

Servers' pods are on fake machines, where kwok says at once that they run, and a server
of the test answers for all of them. Everything else is real: hub, API server,
scheduler, collector of garbage, gateway.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, TypeVar

import httpx
from aiohttp import web
from hypothesis import strategies as st
from hypothesis.errors import StopTest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from jupyterhub import __version__

from mofang_kube.names import server_name
from mofang_local.network import HOST_ADDRESS
from mofang_projects.policies import NOTEBOOK_PORT
from support.api_proxy import ApiRequest, refusal
from support.eventually import eventually
from support.hub import HubSession
from support.nodes import fake_nodes
from support.own_hub import OwnHub, own_hub
from support.server_invariants import (
    check_mounts,
    check_one_pod_each,
    check_owners,
    check_routes,
)

USERS = ("ann", "bob")
ENVIRONMENTS = ("base", "pytorch")

_CONVERGED_SECONDS = 60
_HUBS_OWN = {200, 201, 202, 204, 400, 404, 409}
"""What the hub answers without a fault of Kubernetes."""
_REFUSED = {403, 404}
"""What it answers who asks for something of somebody else."""

users = st.sampled_from(USERS)
environments = st.sampled_from(ENVIRONMENTS)


class Disruptions:
    """What happens to the hub's next writes."""

    def __init__(self, hub: OwnHub) -> None:
        self._hub = hub
        self.codes: list[int] = []
        """Answers in the API server's place; 0 for a write whose answer is lost."""
        self.kill_in = -1
        """Number of writes until the hub is killed; -1 for never."""
        self.kills_after = False
        hub.proxy.before, hub.proxy.after = self._before, self._after

    def clear(self) -> None:
        self.codes, self.kill_in = [], -1

    async def _before(self, request: ApiRequest) -> Any:
        if not request.is_write:
            return None
        self.kill_in = max(self.kill_in - 1, -1)
        if self.kill_in == 0 and not self.kills_after:
            self._kill()
        if self.codes and self.codes[0]:
            code = self.codes.pop(0)
            return refusal(code, "Fault", Retry_After="1")
        return None

    async def _after(self, request: ApiRequest, _status: int) -> None:
        if not request.is_write:
            return
        if self.kill_in == 0 and self.kills_after:
            self._kill()
        if self.codes and self.codes[0] == 0:
            self.codes.pop(0)
            raise ConnectionError

    def _kill(self) -> None:
        self.kill_in = -1
        self._hub.kill()
        raise ConnectionError


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Have an event loop in a thread: hypothesis runs its steps without one."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_tasks() -> None:
    """Cancel what still runs in the loop, such as answers that nobody waits for."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class HubStates(RuleBasedStateMachine):
    """One run; the hub and its people are the subclass's, and outlive it.

    No rule has a precondition: whether the hub lives is a matter of time, and
    hypothesis wants the same choices when it repeats a run. Who asks a dead hub
    starts it.
    """

    hub: ClassVar[OwnHub]
    sessions: ClassVar[dict[str, HubSession]]
    disruptions: ClassVar[Disruptions]
    steps: ClassVar[Counter[str]]
    """What was done in all runs, for a test of the test."""
    failures: ClassVar[list[BaseException]]
    """What ended runs."""

    def __init__(self) -> None:
        super().__init__()
        self._may_fail = False

    def _did(self, what: str, *how: object) -> None:
        """Count a step, and tell it to who reads why a run failed."""
        self.steps[what] += 1
        print(f"{what}{how or ''}, {'no hub' if self.hub.is_dead else 'hub'}")

    def _server(self, environment: str) -> str:
        return server_name(self.hub.project, environment)

    def _ask(
        self, user: str, verb: str, server: str, *, caller: str = "", **options: Any
    ) -> None:
        """Ask as a script does, with a token; the hub may be killed meanwhile.

        Args:
            user: Whose server it is.
            verb: Method of the request.
            server: Name of the server.
            caller: Who asks, if somebody else: is refused then.
            options: Of the request.
        """
        self._have_hub()
        url = f"{self.hub.direct_url}/hub/api/users/{user}/servers/{server}"
        token = self.sessions[caller or user].token
        try:
            answer = httpx.request(
                verb,
                url,
                headers={"Authorization": f"token {token}"},
                timeout=60,
                trust_env=False,
                **options,
            )
        except httpx.TransportError:
            assert self.hub.is_dead or self._may_fail, "the hub hung up"
            return
        code = answer.status_code
        if caller:
            allowed = code in _REFUSED or (self._may_fail and code >= 500)
        else:
            allowed = code in _HUBS_OWN or self._may_fail
        assert allowed, f"{verb} {server}: {code} {answer.text[:500]}"

    def _have_hub(self) -> None:
        if self.hub.is_dead:
            self.hub.start()
            self.hub.wait_up()

    # -- people

    @rule(user=users, environment=environments)
    def start(self, user: str, environment: str) -> None:
        self._did("start", user, environment)
        choice = {"project": self.hub.project, "environment": environment}
        options = {"json": {"user_options": choice}}
        self._ask(user, "POST", self._server(environment), **options)

    @rule(user=users, environment=environments, remove=st.booleans())
    def stop(self, user: str, environment: str, *, remove: bool) -> None:
        self._did("remove" if remove else "stop", user, environment)
        server = self._server(environment)
        self._ask(user, "DELETE", server, json={"remove": remove})

    @rule(user=users, environment=environments)
    def rename(self, user: str, environment: str) -> None:
        """JupyterHub lets people rename servers that do not run."""
        self._did("rename", user, environment)
        server = self._server(environment)
        self._ask(user, "PATCH", server, json={"name": f"old-{time.monotonic_ns()}"})

    @rule(
        user=users, environment=environments, verb=st.sampled_from(["POST", "DELETE"])
    )
    def ask_for_anothers(self, user: str, environment: str, verb: str) -> None:
        """Nobody starts or ends a server of somebody else."""
        self._did("ask for another's", user, environment, verb)
        caller = next(each for each in USERS if each != user)
        server = self._server(environment)
        self._ask(user, verb, server, caller=caller, json={})

    # -- an administrator, and the cluster

    @rule(user=users, environment=environments, grace=st.sampled_from([0, 1]))
    def delete_pod(self, user: str, environment: str, grace: int) -> None:
        self._did("delete pod", user, environment, grace)
        pod = f"jupyter-{user}--{self._server(environment)}"
        path = f"/api/v1/namespaces/{self.hub.project_namespace}/pods/{pod}"
        answer = self.hub.api.delete(path, params={"gracePeriodSeconds": grace})
        assert answer.status_code in {200, 202, 404}, answer.text

    # -- faults

    @rule()
    def lose_watches(self) -> None:
        self._did("lose watches")
        self._may_fail = True
        self.hub.proxy.cut()

    @rule(codes=st.lists(st.sampled_from([0, 409, 429, 500]), min_size=1, max_size=3))
    def fail_writes(self, codes: list[int]) -> None:
        self._did("fail writes", *codes)
        self._may_fail = True
        self.disruptions.codes = codes

    @rule(number=st.integers(1, 5), after=st.booleans())
    def kill_at_a_write(self, number: int, *, after: bool) -> None:
        self._did("kill at a write", number, after)
        self._may_fail = True
        self.disruptions.kill_in, self.disruptions.kills_after = number, after

    @rule()
    def kill(self) -> None:
        self._did("kill")
        if not self.hub.is_dead:
            self.hub.kill()

    @rule()
    def converge(self) -> None:
        """Let all faults end: cluster and database agree soon."""
        self._did("converge")
        self.disruptions.clear()
        self._have_hub()
        eventually(
            self._disagreement_ends,
            within=_CONVERGED_SECONDS,
            what="cluster and database agree",
            every=0.5,
        )
        self._may_fail = False

    def teardown(self) -> None:
        """End each run with all servers stopped, and nothing left of them."""
        failure = sys.exception()
        if failure is not None and not isinstance(failure, StopTest):
            self.failures.append(failure)
        try:
            self._stop_all()
        except Exception as err:
            self.failures.append(err)
            raise

    def _stop_all(self) -> None:
        self.converge()
        for user in USERS:
            for server in self._running(user):
                self._ask(user, "DELETE", server)
        self.converge()
        assert not self.hub.objects(), "nothing is left of servers that were stopped"

    # -- what holds at any time

    @invariant()
    def a_server_has_one_pod(self) -> None:
        check_one_pod_each(self.hub.list_objects("pods"))

    @invariant()
    def a_pod_mounts_what_is_its_owners(self) -> None:
        check_mounts(self.hub.list_objects("pods"), self.hub.project)

    @invariant()
    def whatever_a_server_has_belongs_to_its_pod(self) -> None:
        objects = [
            each
            for kind in ("secrets", "services")
            for each in self.hub.list_objects(kind)
        ]
        check_owners(objects, self.hub.list_objects("pods"))

    @invariant()
    def a_route_leads_to_its_own_ready_server(self) -> None:
        """One of a server that has gone stays until the hub hears of it."""
        routes = self.hub.list_routes()
        services = self.hub.list_objects("services")
        pods = self.hub.list_objects("pods")
        check_routes(routes, services, pods, self.hub.project_namespace)

    # -- what holds once faults have ended

    def _running(self, user: str) -> dict[str, Any]:
        answer = httpx.get(
            f"{self.hub.direct_url}/hub/api/users/{user}",
            headers={"Authorization": f"token {self.sessions[user].token}"},
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        return dict(answer.json()["servers"])

    def _disagreement_ends(self) -> bool:
        there = self.hub.objects()
        ready: set[tuple[str, str]] = set()
        for user in USERS:
            for name, server in self._running(user).items():
                if not server["ready"]:
                    return False
                ready.add((user, name))
        pods = {f"jupyter-{user}--{name}" for user, name in ready}
        host = httpx.URL(self.hub.url).host
        routes = {f"{user}.{host}/user/{user}/{name}/" for user, name in ready}
        services = [each.rpartition("-")[0] for each in there.services]
        return (
            there.pods == there.secrets == pods
            and there.routes == routes
            and sorted(services) == sorted(pods)
        )


T = TypeVar("T")


@contextmanager
def _entered(
    loop: asyncio.AbstractEventLoop, entering: AbstractAsyncContextManager[T]
) -> Iterator[T]:
    """Enter in the loop's thread."""
    done = asyncio.run_coroutine_threadsafe(entering.__aenter__(), loop)
    try:
        yield done.result()
    finally:
        leaving = entering.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, loop).result()


@asynccontextmanager
async def _fake_servers() -> AsyncIterator[None]:
    """Answer as JupyterLab for all pods of fake machines."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({}, headers={"X-JupyterHub-Version": __version__})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST_ADDRESS, NOTEBOOK_PORT).start()
        yield
    finally:
        await runner.cleanup()


@contextmanager
def hub_states(folder: Path) -> Iterator[type[HubStates]]:
    """Have a hub whose servers are on fake machines, and the machine of its states.

    Args:
        folder: Of the test.
    """
    pool = f"states{time.monotonic_ns() % 10**6}"
    with ExitStack() as stack:
        stack.enter_context(fake_nodes(1, pool=pool, address=HOST_ADDRESS))
        loop = stack.enter_context(running_loop())
        stack.enter_context(_entered(loop, _fake_servers()))
        made = _entered(loop, own_hub(folder, users=USERS, pool=pool))
        own = stack.enter_context(made)

        class States(HubStates):
            """The machine of this hub."""

        States.hub, States.disruptions = own, Disruptions(own)
        States.sessions = {
            user: stack.enter_context(own.session(user)) for user in USERS
        }
        States.steps = Counter()
        States.failures = []
        yield States
