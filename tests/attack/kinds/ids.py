"""Names and numbers in paths and queries: other people's, impossible, enormous."""

from random import Random
from typing import ClassVar
from urllib.parse import quote

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.request import HeaderList, Request, compose
from attack.scene import ANONYMOUS, CALLERS, MEMBERS, Caller, Scene

_NUMBERS = (
    "0",
    "-1",
    "1",
    "99999",
    "100000",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-99999999999999999999",
    "9" * 5000,
    "1e3",
    "0x10",
    "1_000",
    "٣",
    "²",
    "+5",
    " 5",
    "NaN",
    "",
)


def _quoted(random: Random, text: str) -> str:
    raw = text.encode("utf-8", errors="surrogatepass")[:2000]
    return quote(raw, safe="" if random.random() < 0.8 else "/?&=;:@,")


class Ids(Attack):
    """Projects, jobs, replicas, attempts, offsets and filters."""

    name = "ids, offsets, filters"
    weight = 3.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request about something that is another's, or nothing at all."""
        project, job = self._project(random, scene), self._job(random, scene)
        role = random.choice([scene.role, scene.role, "worker", "..", "ps", "a" * 64])
        index = random.choice(_NUMBERS[:6])
        if random.random() < 0.15:
            index = _quoted(random, values.text(random))
        method, tail = random.choice(
            [
                ("GET", ""),
                ("DELETE", ""),
                ("POST", "/cancel"),
                ("GET", "/debug"),
                ("GET", "/result"),
                ("GET", f"/metrics?points={_number(random)}"),
                ("GET", f"/logs/{role}/{index}?{self._range(random)}"),
                ("GET", f"/logs/{role}/{index}?{self._range(random)}"),
                ("GET", f"/shell/{role}/{index}"),
                ("GET", f"/ssh/{role}/{index}"),
            ]
        )
        path = self._jobs(project, scene)
        if random.random() < 0.3:
            method, tail = "GET", ""
            path += f"?{self._filters(random, scene)}"
        else:
            path += f"/{job}{tail}"
        body = b"" if method == "POST" else None
        is_watch = job == "watch" and not tail and method == "GET"
        reads = method == "GET" and not tail.startswith(("/shell", "/ssh"))
        return Request(
            payload=compose(
                method,
                path,
                host=scene.host,
                headers=self._headers(random, caller),
                body=body,
            ),
            caller=caller.role,
            method=method,
            # Members read what is in the project; others read what is in theirs.
            is_stream=is_watch,
            must_be_refused=not reads
            or caller.role == ANONYMOUS
            or (project == scene.project and caller.role not in MEMBERS),
        )

    def _jobs(self, project: str, scene: Scene) -> str:
        """Return the path of a project's jobs."""
        return f"{scene.training}/projects/{project}/jobs"

    def _headers(self, random: Random, caller: Caller) -> HeaderList:
        """Return what says who asks."""
        del random
        return caller.headers

    def _project(self, random: Random, scene: Scene) -> str:
        if random.random() < 0.7:
            return scene.project
        names = ["kube-system", "default", "mofang", "a" * 21, "..", "%2e%2e"]
        names += [scene.other_project, f"{scene.project}%00", scene.project.upper()]
        names += [
            f"mofang-project-{scene.project}",
            _quoted(random, values.text(random)),
        ]
        return random.choice(names)

    def _job(self, random: Random, scene: Scene) -> str:
        if random.random() < 0.6:
            return scene.job
        names = [f"{scene.job}-r1", f"{scene.job}-r2", f"{scene.job}%00", "watch"]
        names += [f"{scene.job}-{scene.role}-0", f"{scene.server}", "preview"]
        names += [f".deleted-{scene.job}", "absent-aaaaaa", scene.job.upper()]
        names += [_quoted(random, values.text(random)), f"{scene.job}/../{scene.job}"]
        return random.choice(names)

    def _range(self, random: Random) -> str:
        offset, limit = _number(random), _number(random)
        return f"offset={offset}&limit={limit}"

    def _filters(self, random: Random, scene: Scene) -> str:
        names = ("limit", "after", "state", "owner", "framework", "search", "offset")
        pairs = []
        for _ in range(random.randint(1, 4)):
            text = random.choice([scene.victim, "Running", values.text(random)])
            written = _quoted(random, text)
            pairs.append(
                f"{random.choice(names)}={random.choice([written, _number(random)])}"
            )
        return "&".join(pairs)


class JobsPageIds(Ids):
    """The same for the page of jobs, which asks in the name of a browser's user."""

    name = "ids, by the page of jobs"
    weight = 1.0

    @override
    def _jobs(self, project: str, scene: Scene) -> str:
        return f"/hub/jobs/{project}/mofang/training/api/jobs"

    @override
    def _headers(self, random: Random, caller: Caller) -> HeaderList:
        headers = caller.browser_headers
        # A token is not for pages; a page of another site has no XSRF token.
        if random.random() < 0.1:
            return caller.headers
        return headers[:1] if random.random() < 0.2 else headers


def _number(random: Random) -> str:
    return quote(random.choice(_NUMBERS), safe="")
