"""Secrets, pods and services in memory, with owners and a collector of garbage."""

import asyncio
import contextlib
import json
from collections import Counter
from types import SimpleNamespace

from kubernetes_asyncio.client import ApiClient, ApiException

from mofang_kube.errors import NotFoundError, wrap_api_errors
from mofang_kube.watcher import Watcher

NAMESPACE = "mofang-project-vision"
POD = "jupyter-ada--vision-pytorch"


class FakeWatcher(Watcher):
    """A watch without a cluster: what is put is seen."""

    def __init__(self, bodies=()):
        super().__init__(None, "/fake")
        for body in bodies:
            self.put(body)
        self.has_synced.set()

    def start(self):
        self.started = True

    def send(self, kind, obj):
        self._change(kind, obj)


class KilledError(BaseException):
    """The hub's process is gone: nothing of it runs any more."""


class FakeApi:
    """The client under the watch of events; answers one list, then nothing."""

    def __init__(self):
        self.events = []
        self.paths = []

    @staticmethod
    def sanitize_for_serialization(obj):
        # Models become dictionaries by the client's own code; it connects to nothing.
        return ApiClient.__new__(ApiClient).sanitize_for_serialization(obj)

    async def call_api(self, path, _verb, *, query_params, **_):
        self.paths.append(path)
        if ("watch", "true") in query_params:
            await asyncio.Event().wait()
        body = {"metadata": {"resourceVersion": "1"}, "items": self.events}

        async def read():
            return json.dumps(body).encode()

        return SimpleNamespace(status=200, headers={}, read=read)


class FakeCore:
    """The calls of ``ObjectStorage`` and ``CoreV1Api`` that a start makes."""

    def __init__(self):
        self.objects = {}
        self.writes = []
        self.gates = []
        """Names of the pod's gates, after each write of it."""
        self.failures = {}
        """Write → what it raises, instead of being done."""
        self.deaths = {}
        """Number of a write → whether the hub dies before or after it."""
        self.logs = {}
        self.pods = FakeWatcher()
        self._uids = 0

    def count(self):
        return Counter(kind for kind, _name in self.objects)

    def put_pod(self, **status):
        """What the kubelet and the scheduler make of the pod."""
        pod = self.objects["pod", POD]
        pod = {**pod, "spec": {"nodeName": "cpu-1", **pod["spec"]}, "status": status}
        self.objects["pod", POD] = pod
        self.pods.send("MODIFIED", pod)

    def lose_pod(self):
        self._remove("pod", POD)

    async def _write(self, verb, kind, name, work):
        await asyncio.sleep(0)
        number = len(self.writes)
        self.writes.append((verb, kind))
        if self.deaths.get(number) == "before":
            raise KilledError
        if failure := self.failures.get((verb, kind)):
            raise failure
        found = work(kind, name)
        if self.deaths.get(number) == "after":
            raise KilledError
        return found

    def _create(self, kind, obj):
        name = obj["metadata"]["name"]

        def work(*_):
            if (kind, name) in self.objects:
                raise ApiException(status=409, reason="AlreadyExists")
            self._uids += 1
            metadata = {
                "namespace": NAMESPACE,
                **obj["metadata"],
                "uid": str(self._uids),
            }
            made = {"spec": {}, **obj, "metadata": metadata}
            self.objects[kind, name] = made
            if kind == "pod":
                self._note_gates(made)
                self.pods.send("ADDED", made)
            return made

        return self._write("create", kind, name, work)

    def _delete(self, kind, name):
        def work(*_):
            if (kind, name) not in self.objects:
                raise ApiException(status=404, reason="NotFound")
            self._remove(kind, name)

        return self._write("delete", kind, name, work)

    def _remove(self, kind, name):
        gone = self.objects.pop((kind, name))
        if kind == "pod":
            self.pods.send("DELETED", gone)

    def collect_garbage(self):
        """Objects of a pod that is gone go, too."""
        pods = {
            obj["metadata"]["uid"]
            for (kind, _), obj in self.objects.items()
            if kind == "pod"
        }
        for key, obj in list(self.objects.items()):
            owners = obj["metadata"].get("ownerReferences", [])
            if owners and all(owner["uid"] not in pods for owner in owners):
                del self.objects[key]

    async def create(self, manifest, *, verb, noun):
        kind = manifest["kind"].lower()
        with wrap_api_errors(verb, noun, manifest["metadata"]["name"]):
            return await self._create(kind, manifest)

    async def merge(self, manifest, change, *, verb, noun):
        kind, name = manifest["kind"].lower(), manifest["metadata"]["name"]

        def work(*_):
            found = self.objects[kind, name]
            labels = (change.get("metadata") or {}).get("labels") or {}
            metadata = found["metadata"]
            changed = {
                **found,
                "metadata": {
                    **metadata,
                    "labels": {**(metadata.get("labels") or {}), **labels},
                },
                "spec": {**found["spec"], **change.get("spec", {})},
            }
            self.objects[kind, name] = changed
            self._note_gates(changed)
            self.pods.send("MODIFIED", changed)
            return changed

        with wrap_api_errors(verb, noun, name):
            return await self._write("patch", kind, name, work)

    async def find(self, manifest, *, noun):
        await asyncio.sleep(0)
        return self.objects.get(
            (manifest["kind"].lower(), manifest["metadata"]["name"])
        )

    async def merge_lists(self, manifest, change, *, subresource, verb, noun):
        kind, name = manifest["kind"].lower(), manifest["metadata"]["name"]

        def work(*_):
            if (kind, name) not in self.objects:
                raise ApiException(status=404, reason="NotFound")
            found = self.objects[kind, name]
            by_name = {each["name"]: each for each in change["spec"]["containers"]}
            containers = [
                {**each, **by_name.get(each["name"], {})}
                for each in found["spec"]["containers"]
            ]
            generation = found["metadata"].get("generation", 1) + 1
            changed = {
                **found,
                "metadata": {**found["metadata"], "generation": generation},
                "spec": {**found["spec"], "containers": containers},
            }
            self.objects[kind, name] = changed
            self.pods.send("MODIFIED", changed)
            return changed

        with wrap_api_errors(verb, noun, name):
            return await self._write(subresource, kind, name, work)

    def _note_gates(self, pod):
        gates = pod["spec"].get("schedulingGates") or []
        self.gates.append([each["name"] for each in gates])

    async def delete(self, manifest, *, grace_seconds, verb, noun):
        """Delete at once; a pod with some seconds of grace is ended by its kubelet."""
        kind, name = manifest["kind"].lower(), manifest["metadata"]["name"]
        with contextlib.suppress(NotFoundError), wrap_api_errors(verb, noun, name):
            if grace_seconds and (found := self.objects.get((kind, name))):
                found["metadata"]["deletionTimestamp"] = "now"
                self.pods.send("MODIFIED", found)
                return
            await self._delete(kind, name)

    async def read_namespaced_pod_log(self, _name, _namespace, *, previous, **_):
        found = self.logs.get(previous, ApiException(status=400, reason="none"))
        if isinstance(found, Exception):
            raise found
        return found
