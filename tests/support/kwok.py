"""What kwok does with fake machines and their pods, and its process.

Templates are kwok's: Go's, filled in with the object, that give the new status.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from mofang_local.local_paths import paths

SECONDS = "mofang.dev/fake-seconds"
EXIT_CODE = "mofang.dev/fake-exit-code"
RUN = "mofang.dev/fake-run"
"""Label of the machines that one kwok looks after."""

# Beside the cluster's own range, so that no address means two pods.
_POD_RANGE = "10.245.0.0/16"

Manifest = dict[str, Any]

_READY = """
conditions:
{{ range NodeConditions }}
- {type: {{ .type }}, status: {{ .status | Quote }}, reason: {{ .reason | Quote }},
   message: {{ .message | Quote }}, lastHeartbeatTime: {{ Now | Quote }},
   lastTransitionTime: {{ Now | Quote }}}
{{ end }}
phase: Running
"""

_RUNNING = """
phase: Running
startTime: {{ Now | Quote }}
{{ with PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace
}}
podIP: {{ . | Quote }}
podIPs: [{ip: {{ . | Quote }}}]
{{ end }}
conditions:
{{ range $type := list "Initialized" "ContainersReady" "Ready" }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ Now | Quote }}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: true,
   restartCount: 0, state: {terminated: {exitCode: 0, reason: Completed,
   startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: true,
   started: true, restartCount: 0, state: {running: {startedAt: {{ Now | Quote }}}}}
{{ end }}
"""

_ENDED = """
{{ $code := "0" }}
{{ with .metadata.annotations }}{{ with index . "EXIT_CODE" }}
{{ $code = . }}
{{ end }}{{ end }}
{{ $began := .status.startTime }}
phase: {{ if eq $code "0" }}Succeeded{{ else }}Failed{{ end }}
conditions:
{{ range $type := list "ContainersReady" "Ready" }}
- {type: {{ $type }}, status: "False", lastTransitionTime: {{ Now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false,
   started: false, restartCount: 0, state: {terminated: {exitCode: {{ $code }},
   reason: {{ if eq $code "0" }}Completed{{ else }}Error{{ end }},
   startedAt: {{ $began | Quote }}, finishedAt: {{ Now | Quote }}}}}
{{ end }}
""".replace("EXIT_CODE", EXIT_CODE)

_IS_DELETED = ".metadata.deletionTimestamp"
_PHASE = ".status.phase"
_IS_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'
_ASKED = f'.metadata.annotations["{SECONDS}"]'


def _match(key: str, operator: str, *values: str) -> Manifest:
    given = {"values": list(values)} if values else {}
    return {"key": key, "operator": operator, **given}


def _stage(name: str, kind: str, matches: list[Manifest], **spec: Any) -> Manifest:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": matches},
            **spec,
        },
    }


def _running(address: str) -> str:
    """The status of a pod that runs, at an address of its own or at this one."""
    if not address:
        return _RUNNING
    own = _RUNNING.index("{{ with PodIPWith"), _RUNNING.index("conditions:")
    given = f'podIP: "{address}"\npodIPs: [{{ip: "{address}"}}]\n'
    return _RUNNING[: own[0]] + given + _RUNNING[own[1] :]


def _stages(seconds: float | None, address: str) -> list[Manifest]:
    lives = _match(_IS_DELETED, "DoesNotExist")
    runs = [lives, _match(_PHASE, "In", "Running")]
    ends = {"statusTemplate": _ENDED}
    asked = {
        "durationMilliseconds": 0,
        "durationFrom": {"expressionFrom": f'{_ASKED} + "s"'},
    }
    stages = [
        _stage(
            "node-ready",
            "Node",
            [_match(_IS_READY, "NotIn", "True")],
            next={"statusTemplate": _READY},
        ),
        _stage(
            "pod-running",
            "Pod",
            [lives, _match(_PHASE, "In", "Pending")],
            next={"statusTemplate": _running(address)},
        ),
        _stage(
            "pod-asked-to-end",
            "Pod",
            [*runs, _match(_ASKED, "Exists")],
            delay=asked,
            next=ends,
        ),
        _stage(
            "pod-deleted", "Pod", [_match(_IS_DELETED, "Exists")], next={"delete": True}
        ),
    ]
    if seconds is not None:
        stages.append(
            _stage(
                "pod-ends",
                "Pod",
                [*runs, _match(_ASKED, "DoesNotExist")],
                delay={"durationMilliseconds": int(seconds * 1000)},
                next=ends,
            )
        )
    return stages


@contextmanager
def kwok(
    kubeconfig: str, run: str, seconds: float | None, address: str = ""
) -> Iterator[Callable[[], None]]:
    """Look after the machines of a run as long as the block lasts.

    Args:
        kubeconfig: Of an administrator.
        run: Value of the machines' label ``RUN``.
        seconds: When pods end that are not annotated; None for never.
        address: Of all their pods, where something of the test answers for them; by
            default each has one of its own, and nothing answers.

    Yields:
        What raises, with kwok's last words, when it is not alive.
    """
    program = paths().programs / "kwok"
    if not program.exists():
        raise RuntimeError(f"{program} is not there: run `make up` first")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = folder / "kwok.yaml"
        settings.write_text(yaml.safe_dump_all(_stages(seconds, address)))
        log = folder / "kwok.log"
        command = [
            # It does not outlive a killed test run.
            *("setpriv", "--pdeathsig", "TERM", str(program)),
            *("--kubeconfig", kubeconfig, "--config", str(settings)),
            *("--manage-all-nodes=false", "--cidr", _POD_RANGE),
            *("--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake"),
            *("--manage-nodes-with-label-selector", f"{RUN}={run}"),
            *("--node-port", "0", "--enable-crds", ""),
        ]
        environment = {**os.environ, "HOME": str(folder), "NO_PROXY": "*"}
        with (
            log.open("w") as out,
            subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=environment
            ) as process,
        ):

            def is_alive() -> None:
                if process.poll() is not None:
                    raise RuntimeError(f"kwok ended:\n{log.read_text()[-2000:]}")

            try:
                yield is_alive
            finally:
                process.terminate()
