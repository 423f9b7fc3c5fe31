"""A small API server on loopback that keeps one kind of objects."""

import asyncio
import json
from dataclasses import fields

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration

from mofang_kube.watcher import Watcher, WatchTiming

PATH = "/apis/mofang.dev/v1alpha1/projects"
CUT = object()
END = object()


class FakeServer:
    """Answers LIST and WATCH; ``streams`` is the script of each watch.

    ``refusals`` come first: statuses, statuses with headers, or texts.

    A script is a list of events, bytes sent as they are, ``CUT`` (the
    connection breaks) or ``END`` (the server ends the watch). A script without
    either stays open.
    """

    def __init__(self):
        self.version = 1
        self.objects = {}
        self.page = 500
        self.lists = []
        self.watches = []
        self.refusals = []
        self.streams = asyncio.Queue()

    def put(self, name, **spec):
        self.version += 1
        metadata = {"name": name, "resourceVersion": str(self.version)}
        self.objects[name] = {"metadata": metadata, "spec": spec}
        return self.objects[name]

    def bookmark(self, version):
        """Return an event of a version that other kinds have brought about."""
        self.version = version
        return event("BOOKMARK", {"metadata": {"resourceVersion": str(version)}})

    def remove(self, name):
        self.version += 1
        found = self.objects.pop(name)
        found["metadata"]["resourceVersion"] = str(self.version)
        return found

    def stream(self, *script):
        self.streams.put_nowait(script)

    async def answer(self, request):
        if self.refusals:
            answer = self.refusals.pop(0)
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            if isinstance(status, int):
                body = {"kind": "Status", "code": status, "message": "no"}
                return web.json_response(body, status=status, headers=headers)
            return web.Response(text=answer)
        if request.query.get("watch"):
            return await self.watch(request)
        return self.list(request)

    def list(self, request):
        self.lists.append(dict(request.query))
        start = int(request.query.get("continue", 0))
        names = sorted(self.objects)
        metadata = {"resourceVersion": str(self.version)}
        if start + self.page < len(names):
            metadata["continue"] = str(start + self.page)
        items = [self.objects[name] for name in names[start : start + self.page]]
        return web.json_response({"metadata": metadata, "items": items})

    async def watch(self, request):
        self.watches.append(dict(request.query))
        response = web.StreamResponse()
        await response.prepare(request)
        for part in await self.streams.get():
            if part is END:
                return response
            if part is CUT:
                request.transport.abort()
                return response
            data = part if isinstance(part, bytes) else line(part)
            await response.write(data)
            await asyncio.sleep(0)
        await asyncio.Event().wait()
        return response


def line(event):
    return json.dumps(event).encode() + b"\n"


def event(kind, obj):
    return {"type": kind, "object": json.loads(json.dumps(obj))}


@pytest.fixture
async def server():
    fake = FakeServer()
    app = web.Application()
    app.router.add_get(PATH, fake.answer)
    async with TestServer(app, shutdown_timeout=0) as running:
        fake.url = str(running.make_url("")).rstrip("/")
        yield fake


@pytest.fixture
async def api(server):
    configuration = Configuration(host=server.url)
    async with ApiClient(configuration) as client:
        yield client


@pytest.fixture
async def watched(api):
    """Make a watcher that is stopped in the end and never pauses for long.

    What it is given is its timing, or else an argument of its own.
    """
    made = []
    of_timing = {each.name for each in fields(WatchTiming)}

    def make(**given):
        times = {name: given.pop(name) for name in of_timing & given.keys()}
        timing = WatchTiming(**{"longest_pause": 0.01, **times})
        made.append(Watcher(api, PATH, timing=timing, **given))
        return made[-1]

    yield make
    for each in made:
        await each.stop()
