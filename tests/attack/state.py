"""What is Ada's and what the hub knows of people, to be compared before and after."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from attack.people import COLLEAGUES, People
from attack.scene import Scene
from attack.stage import JOB_KINDS, namespace
from support.platform import Platform

_KINDS = (
    "pods,services,secrets,networkpolicies,configmaps,rolebindings,resourcequotas,"
    f"virtualservices.networking.istio.io,{JOB_KINDS}"
)
OWNER_LABEL = "mofang.dev/owner"
_OWN = ("note", "id", "user", "scopes")


class State:
    """Reads the state; ``differences`` says what has changed since the first time.

    Args:
        platform: The platform.
        people: Whose sessions it is read with.
        scene: Whose state it is.
    """

    def __init__(self, platform: Platform, people: People, scene: Scene) -> None:
        self._platform = platform
        self._people = people
        self._scene = scene
        self._before = dict(self._read())

    def differences(self) -> list[str]:
        """Return a sentence for each thing that was changed, made or removed.

        What has changed is told once.
        """
        now, before = dict(self._read()), self._before
        self._before = now
        return [
            f"{name}: was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
            for name in sorted(before.keys() | now.keys())
            if before.get(name) != now.get(name)
        ]

    def _read(self) -> Iterator[tuple[str, str]]:
        yield from self._objects()
        yield from self._files()
        yield from self._hub()

    def _objects(self) -> Iterator[tuple[str, str]]:
        found = self._platform.get(_KINDS, "-n", namespace(self._scene.project))
        # Colleagues may have jobs of their own, with all that operators make for them.
        theirs = {
            meta["uid"]
            for meta in (each["metadata"] for each in found["items"])
            if (meta.get("labels") or {}).get(OWNER_LABEL) in COLLEAGUES
        }
        for each in found["items"]:
            meta = each["metadata"]
            owners = {owner["uid"] for owner in meta.get("ownerReferences") or []}
            if theirs & (owners | {meta["uid"]}):
                continue
            kept = {
                "uid": meta["uid"],
                "generation": meta.get("generation"),
                "labels": meta.get("labels"),
                "deleted": meta.get("deletionTimestamp"),
                "annotations": sorted(meta.get("annotations") or {}),
            }
            yield f"{each['kind']} {meta['name']}", json.dumps(kept, sort_keys=True)

    def _files(self) -> Iterator[tuple[str, str]]:
        storage, scene = self._platform.storage, self._scene
        home = storage / "users" / scene.victim
        # Programs of the server write into hidden directories all the time.
        own = [each for each in sorted(home.iterdir()) if not each.name.startswith(".")]
        shared = storage / "projects" / scene.project
        for path in (*own, *sorted(shared.iterdir())):
            content = path.read_bytes() if path.is_file() else path.name.encode()
            yield f"file {path.name}", hashlib.sha256(content).hexdigest()[:16]

    def _hub(self) -> Iterator[tuple[str, str]]:
        admin, scene = self._people.admin, self._scene
        for path in ("/users?limit=500", "/groups", "/services"):
            answer = admin.api("GET", path)
            answer.raise_for_status()
            for each in _models(answer.json()):
                yield f"hub's {path} {each['name']}", json.dumps(_lasting(each))
        victim = self._people[scene.victim]
        tokens = victim.api("GET", f"/users/{scene.victim}/tokens").json()
        for each in tokens["api_tokens"]:
            kept = {name: each[name] for name in _OWN if name in each}
            yield f"token {each['id']} of {scene.victim}", json.dumps(kept)
        shares = victim.api("GET", f"/shares/{scene.victim}/{scene.server}")
        yield "shares", json.dumps(shares.json(), sort_keys=True)


def _models(answer: Any) -> list[dict[str, Any]]:
    return list(answer.values()) if isinstance(answer, dict) else list(answer)


def _lasting(model: dict[str, Any]) -> dict[str, Any]:
    """Leave out what changes by itself."""
    kept = {
        key: model.get(key) for key in ("name", "admin", "groups", "roles", "users")
    }
    kept["servers"] = sorted(model.get("servers") or {})
    return kept
