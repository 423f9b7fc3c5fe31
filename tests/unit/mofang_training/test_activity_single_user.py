"""A real single-user server reports its activity by itself."""

import sys
from pathlib import Path

from support.eventually import eventually
from support.single_user import running_hub, started

REPORT = "/hub/api/mofang/users/ada/servers/vision-pytorch/activity"


def test_a_server_reports_from_its_start_on(tmp_path: Path) -> None:
    etc = tmp_path / "prefix" / "etc" / "jupyter"
    etc.mkdir(parents=True)
    ours = Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d"
    (etc / ours.name).symlink_to(ours)
    (tmp_path / "home").mkdir()
    reports: list[tuple[str, dict[str, object]]] = []

    with running_hub(reports) as hub, started(tmp_path, hub, {}, []) as server:
        assert server.wait() is None, server.log
        eventually(lambda: len(reports) > 1, within=60, what="it reports again")
        state = server.get_json("mofang/training/api/activity")

    assert {path for path, _ in reports} == {REPORT}
    # Of what it uses the first one may know nothing yet.
    assert reports[0][1] | {"use": None} == {
        "idle_seconds": 0.0,
        "noticed_seconds": None,
        "notebooks": [],
        "use": None,
    }
    assert state["stop_in_seconds"] is None
