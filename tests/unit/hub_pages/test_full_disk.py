"""The disk of the hub's database is full: it refuses, lives on, and heals by itself."""

from support.full_disk import run_on_small_disk

SCRIPT = """
import asyncio
from unit.hub_pages.hub import running_hub

async def main():
    async with running_hub(DISK) as hub:
        ada = await hub.visit("ada")
        fill()
        for _ in range(3):
            answer = await ada.call("POST", "users/ada/tokens", note="x" * 1000)
            # JupyterHub notes each use of a cookie, and takes one that it cannot note
            # for none.
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.json().keys() == {"status", "message"}
            page = await ada.open("/hub/home")
            assert page.status_code < 500, page.text
        make_room()
        answer = await ada.call("POST", "users/ada/tokens", note="again")
        assert answer.status_code == 201, answer.text
        assert answer.json()["note"] == "again"
        listed = await ada.call("GET", "users/ada/tokens")
        notes = {each["note"] for each in listed.json()["api_tokens"]}
        assert notes == {"again"}, "nothing was made of what was refused"
        await hub.visit("ben")

asyncio.run(main())
"""


def test_a_full_database_is_refused_and_heals(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()

    run_on_small_disk(SCRIPT, folder, options="size=1m")
