"""A storage that does not answer: it is told, and the server goes on."""

import asyncio
import threading

import pytest
from unit.mofang_files.conftest import API

from mofang_files.errors import StorageAwayError
from mofang_files.handlers import CHECK, ROOTS, SPACE
from mofang_files.space import SpaceReader
from mofang_files.space_status import SpaceStatus
from mofang_files.storage_check import BoundedQuestion


class Storage:
    """Answers, or keeps whoever asks it waiting."""

    def __init__(self):
        self.answers = threading.Event()
        self.answers.set()
        self.failure = None
        self.asked = 0

    def ask(self):
        self.asked += 1
        assert self.answers.wait(60)
        if self.failure:
            raise self.failure


@pytest.fixture
def storage_server():
    made = Storage()
    yield made
    made.answers.set()


async def test_one_thread_waits_however_many_ask(storage_server):
    question = BoundedQuestion(storage_server.ask, seconds=0.1)
    storage_server.answers.clear()
    threads = threading.active_count()
    since = set()
    for _ in range(5):
        with pytest.raises(StorageAwayError, match="has not answered since") as away:
            await question.answer()
        since.add(away.value.since)

    assert (storage_server.asked, len(since)) == (1, 1)
    assert threading.active_count() == threads + 1
    storage_server.answers.set()
    async with asyncio.timeout(60):
        while True:
            try:
                await question.answer()
                break
            except StorageAwayError:
                continue


async def test_a_storage_that_answers_with_an_error_is_away_too(storage_server):
    """As a mount that the cluster has evicted does."""
    question = BoundedQuestion(storage_server.ask)
    storage_server.failure = OSError(108, "Transport endpoint shut down")
    with pytest.raises(StorageAwayError) as first:
        await question.answer()
    with pytest.raises(StorageAwayError) as second:
        await question.answer()
    storage_server.failure = None

    await question.answer()

    assert first.value.since == second.value.since


async def test_a_fault_of_our_own_is_not_taken_for_the_storages(storage_server):
    storage_server.failure = ValueError("of ours")
    with pytest.raises(ValueError, match="of ours"):
        await BoundedQuestion(storage_server.ask).answer()


async def test_the_server_says_so_and_goes_on(server, storage, storage_server):
    """What was known of the space stays; everything else is refused and not kept."""
    settings = server.app.web_app.settings
    question = BoundedQuestion(storage_server.ask, seconds=0.5)
    settings[CHECK] = question
    settings[SPACE] = SpaceStatus(SpaceReader(settings[ROOTS]), question)
    async with server.client() as http:
        before = (await http.get(f"{API}/space")).json()
        storage_server.answers.clear()
        asked = [
            asyncio.create_task(http.get(f"{API}/versions", params={"path": "home/a"}))
            for _ in range(20)
        ]
        async with asyncio.timeout(30):
            away = (await http.get(f"{API}/space")).json()
            alive = await http.get("api/status")
            refused = await asyncio.gather(*asked)
        storage_server.answers.set()
        async with asyncio.timeout(30):
            while (back := (await http.get(f"{API}/space")).json())["away_since"]:
                pass

    assert before["away_since"] is None
    assert len(before["roots"]) == 2
    assert away["roots"] == before["roots"]
    assert away["away_since"].endswith("+00:00")
    assert alive.status_code == 200
    assert {each.status_code for each in refused} == {503}
    assert refused[0].json()["error"] == "storage_away"
    assert [each["name"] for each in back["roots"]] == ["home", "project"]


async def test_who_waited_beside_another_that_asks_again_has_the_answer():
    """An answer is that of the question that was waited for, not of the next one."""
    first, later = threading.Event(), threading.Event()
    asked = []

    def ask():
        asked.append(first if not asked else later)
        assert asked[-1].wait(30)

    question = BoundedQuestion(ask)

    async def ask_twice():
        await question.answer()
        await question.answer()

    twice = asyncio.create_task(ask_twice())
    await asyncio.sleep(0)
    beside = asyncio.create_task(question.answer())
    await asyncio.sleep(0)
    first.set()

    await beside
    later.set()
    await twice
    assert asked == [first, later]
