"""The page of usage: who sees what, what programs get, and what is refused."""

import csv
import io
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy.pool import StaticPool
from unit.hub_pages.hub import FakeSpawner, running_hub
from unit.hub_usage.allocations import GIB, a_pod, an_allocation, an_interval
from unit.mofang_spawner.conftest import a_catalog, project_body

from mofang_api.models.activity import ResourceUse
from mofang_hub.auth.scopes import CUSTOM_SCOPES, USAGE_ALL, USAGE_READ, load_roles
from mofang_hub.pages.usage import UsageSources, usage_handlers
from mofang_hub.settings import (
    BudgetsSettings,
    EmissionSettings,
    PriceSettings,
    UsageSettings,
)
from mofang_hub.sizing.samples import SampleTable, ServerRun
from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.budgets import BudgetReader
from mofang_hub.usage.intervals import HOUR, WorkloadType
from mofang_hub.usage.ledger import LedgerChanges
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.storage import LedgerStorage
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory
from support.legible import FAINT, LEAST_CONTRAST, TOO_WIDE

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
JOB = {
    "workload_type": WorkloadType.JOB,
    "workload": "train-abc123",
    "replica": "worker-0",
    "framework": "pytorch",
    "gpus": 2,
    "gpu_model": "NVIDIA-H100",
}
NODE = {
    "metadata": {"name": "node-1", "labels": {"nvidia.com/gpu.product": "NVIDIA-H100"}},
    "status": {"allocatable": {"cpu": "64", "memory": "256Gi", "nvidia.com/gpu": "8"}},
}
PROJECTS = [
    project_body(
        "vision",
        members=[
            {"user": "ada", "role": "member"},
            {"user": "ben", "role": "admin"},
        ],
    ),
    project_body("nlp", members=[{"user": "ada", "role": "viewer"}]),
    project_body("audio", members=[{"user": "mallory", "role": "admin"}]),
]


def seconds(*clock):
    return int(datetime(2026, 11, 30, *clock, tzinfo=UTC).timestamp())


BUDGETS_OF = BudgetsSettings.model_validate(
    {
        "projects": {"vision": {"gpuHours": 4}, "audio": {"cost": 1000}},
        "users": {"ada": {"gpuHours": 5}},
    }
)


async def a_book(storage):
    """Two people's servers and jobs, ended and not."""
    storage.create()
    storage.write(
        LedgerChanges(
            closed=(
                an_interval(seconds(1), seconds(3), "a", cpu_millicores=4000),
                an_interval(
                    seconds(2), seconds(4), "b", owner="mallory", project="audio"
                ),
                an_interval(
                    seconds(1), seconds(2), "c", owner="ben", project="nlp", **JOB
                ),
            )
        )
    )
    book = UsageBook(storage, lambda: NOW)
    ledger = await book.load(())
    for uid, project, owner in (("d", "vision", "ada"), ("e", "audio", "mallory")):
        allocation = an_allocation(uid, project, owner, **JOB)
        ledger.observe(a_pod(uid, seconds(10), allocation=allocation), seconds(12))
    return book


RATES = UsageRates(
    prices=PriceSettings(currency="EUR", cpu_hour="0.5"),
    emissions=EmissionSettings(),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    storage = LedgerStorage(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    book = await a_book(storage)
    sources = UsageSources(
        book=book,
        rates=RATES,
        list_nodes=lambda: [NODE],
        budgets=BudgetReader(book, BUDGETS_OF, RATES),
    )

    def change(c):
        c.JupyterHub.template_vars["mofang_has_usage"] = True
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        user = next(each for each in load_roles() if each["name"] == "user")
        own = [each for each in user["scopes"] if "service=training" not in each]
        c.JupyterHub.load_roles = [
            user | {"scopes": own},
            {"name": "billing", "scopes": [USAGE_ALL], "services": ["billing"]},
        ]
        c.JupyterHub.services = [{"name": "billing", "api_token": "b" * 32}]
        c.Authenticator.admin_users = {"root"}

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        hub.spawner.catalog = a_catalog(PROJECTS, [])
        handlers = hub.hub.add_url_prefix("/hub", usage_handlers(sources))
        hub.hub.tornado_application.add_handlers(".*", handlers)
        yield hub
    hub.spawner.catalog = FakeSpawner.catalog
    storage.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(hub):
    return {name: await hub.visit(name) for name in ("ada", "ben", "mallory", "root")}


async def usage(browser, query=""):
    answer = await browser.call("GET", f"mofang/usage{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["usage"]


async def with_token(browser, path, token):
    url = browser.http.base_url
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.get(path, headers={"Authorization": f"token {token}"})


VISIBLE = {
    "ada": {("vision", "ada")},
    "ben": {("vision", "ada"), ("nlp", "ben")},
    "mallory": {("audio", "mallory")},
    "root": {("vision", "ada"), ("nlp", "ben"), ("audio", "mallory")},
}


@pytest.mark.parametrize("name", VISIBLE)
async def test_everybody_sees_their_own_and_admins_their_projects(people, name):
    found = await usage(people[name])

    assert {(each["project"], each["person"]) for each in found} == VISIBLE[name]


@pytest.mark.parametrize("name", VISIBLE)
async def test_the_file_has_what_the_page_has(people, name):
    answer = await people[name].open("/hub/usage.csv?period=month")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "usage-2026-11-01-2026-11-30.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(each["project"], each["person"]) for each in rows} == VISIBLE[name]


async def test_amounts_are_exact_with_what_goes_on(people):
    [found] = await usage(people["ada"], "?period=day")

    assert found["cpu_millicore_seconds"] == 2 * HOUR * 4000 + 2 * HOUR * 500
    assert found["memory_byte_seconds"] == 4 * HOUR * 2 * GIB
    assert found["gpu_seconds"] == {"NVIDIA-H100": 4 * HOUR}


async def test_a_project_that_is_not_ones_own_is_empty(people):
    assert await usage(people["ada"], "?project=audio") == []
    assert "No " not in (await people["ada"].open("/hub/usage?project=vision")).text
    page = await people["ada"].open("/hub/usage?project=audio")
    assert page.status_code == 200
    assert "mallory" not in page.text


async def test_the_page_shows_gpus_with_who_and_what(people):
    page = (await people["root"].open("/hub/usage")).text

    assert "2 GPUs: ada, vision: job train-abc123 (worker-0)" in page
    assert "2 GPUs: mallory, audio: job train-abc123 (worker-0)" in page
    assert "4 GPUs: free" in page
    assert 'href="/hub/usage"' in page
    assert "Cost, EUR" in page
    assert "CO₂e</th>" not in page
    assert "<svg" in page


async def test_others_gpus_are_shown_without_a_name(people):
    page = (await people["ada"].open("/hub/usage")).text

    assert "2 GPUs: ada, vision" in page
    assert "2 GPUs: another project" in page
    assert "mallory" not in page
    assert "audio" not in page


async def test_held_is_for_programs_too(people):
    found = (await people["mallory"].call("GET", "mofang/usage/held")).json()["held"]

    [job] = found
    assert (job["person"], job["gpus"], job["node"]) == ("mallory", 2, "node-1")
    assert job["since"] == "2026-11-30T10:00:00Z"


async def test_a_token_needs_the_scope(people):
    ada = people["ada"]
    for scopes, status in (([USAGE_READ], 200), (["read:users!user"], 403)):
        made = await ada.call("POST", "users/ada/tokens", scopes=scopes)
        token = made.json()["token"]
        answer = await with_token(ada, "/hub/api/mofang/usage", token)
        assert answer.status_code == status, answer.text
    made = await ada.call("POST", "users/ada/tokens", scopes=[USAGE_ALL])
    assert made.status_code == 403 or USAGE_ALL not in made.json().get("scopes", [])


async def test_a_service_that_bills_sees_all(people):
    answer = await with_token(people["ada"], "/hub/api/mofang/usage", "b" * 32)

    found = {(each["project"], each["person"]) for each in answer.json()["usage"]}
    assert found == VISIBLE["root"]


@pytest.mark.parametrize("path", ["/hub/usage", "/hub/usage.csv"])
async def test_who_is_not_logged_in_is_asked_to(people, path):
    url = people["ada"].http.base_url
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await http.get(path)
    assert answer.status_code == 302
    assert "/hub/login" in answer.headers["Location"]


async def test_the_api_is_closed_to_strangers(people):
    answer = await with_token(people["ada"], "/hub/api/mofang/usage", "x" * 32)
    assert answer.status_code == 403


HOSTILE_QUERIES = [
    f"period={HOSTILE}",
    f"date={HOSTILE}",
    "date=0001-01-01",
    "date=9999-12-31",
    "date=2026-13-45",
    "period=month&date=2026-12-01",
    "period=day&period=week&date=2026-11-30&date=x",
]


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
async def test_what_is_no_period_is_refused_in_a_sentence(people, query):
    answer = await people["ada"].call("GET", f"mofang/usage?{query}")
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["message"]
    page = await people["ada"].open(f"/hub/usage?{query}")
    assert page.status_code == 200, page.text
    assert "<script>alert(1)" not in page.text
    assert 'aria-invalid="true"' in page.text
    assert (await people["ada"].open(f"/hub/usage.csv?{query}")).status_code < 500


@pytest.mark.parametrize(
    "query",
    [
        f"project={HOSTILE}",
        f"measure={HOSTILE}",
        "measure=cpu&measure=x",
        "project=../../etc/passwd",
        "project=%27%20OR%201=1--",
        "project=" + "x" * 3000,
    ],
)
async def test_other_parameters_are_text(people, query):
    page = await people["ada"].open(f"/hub/usage?{query}")

    assert page.status_code == 200, page.text
    assert "<script>alert(1)" not in page.text
    assert "mallory" not in page.text


@pytest.mark.parametrize("measure", ["cpu", "gpu", "memory"])
@pytest.mark.parametrize("period", ["day", "week", "month"])
async def test_each_plot_is_a_table_too(people, period, measure):
    page = await people["root"].open(f"/hub/usage?period={period}&measure={measure}")

    assert page.status_code == 200, page.text
    assert "The plot as a table" in page.text
    assert page.text.count("<rect") >= 2


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_tables_are_rows_on_a_phone(page, theme):
    """Nothing is scrolled sideways, and each amount says what it is of."""
    await page.emulate_media(reduced_motion="reduce")
    await page.goto("/hub/usage?period=day&date=2026-11-30")
    await page.evaluate("t => document.documentElement.dataset.bsTheme = t", theme)
    main = page.get_by_role("main")
    nodes = page.get_by_role("region", name="Nodes").get_by_role("table")

    cells = nodes.get_by_role("cell")
    await expect(cells.first).to_be_visible()
    labels = await cells.evaluate_all("all => all.map(each => each.dataset.label)")
    heads = nodes.get_by_role("columnheader")
    assert labels == ["Cores", "Memory, GiB", "GPUs"]
    assert await heads.count() == len(labels) + 1
    assert await main.evaluate(TOO_WIDE) == []
    assert await main.evaluate(FAINT, LEAST_CONTRAST) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 375


async def test_a_period_without_anything_says_so(people):
    page = await people["ada"].open("/hub/usage?date=2020-02-02")

    assert "Nothing was reserved in this period." in page.text


async def test_the_hub_keeps_a_ledger_where_its_settings_say_so(tmp_path):
    async def ready():
        pass

    context = SimpleNamespace(
        ready=ready,
        node_objects=[],
        watchers=[],
        starts=StartHistory(),
        choices=StartChoices(),
    )

    def change(c):
        c.JupyterHub.tornado_settings = {"mofang_usage": UsageSettings()}
        c.MofangSpawner.context = lambda: context

    async with running_hub(tmp_path, change) as hub:
        assert hub.hub.usage_service is not None
        paths = {each[0] for each in hub.hub.handlers}
        assert {"/hub/usage", "/hub/usage\\.csv", "/hub/api/mofang/usage"} <= paths
        await hub.hub.usage_service.stop()


# -- what servers used of what they reserved


@pytest.fixture(scope="module")
def used(hub):
    """Ada's server used a half of its CPU and a quarter of its memory."""
    table = SampleTable(hub.hub.db, keep_days=92)
    for owner, project in (("ada", "vision"), ("mallory", "audio")):
        run = ServerRun(
            owner=owner,
            server=f"{project}-pytorch",
            started=1,
            project=project,
            environment="pytorch",
            cpu_request_cores=2,
            memory_request_bytes=4 * GIB,
        )
        use = ResourceUse(
            seconds=HOUR,
            cpu_seconds=HOUR,
            memory_bytes=GIB,
            memory_mean_bytes=GIB,
            memory_peak_bytes=GIB,
        )
        table.add(run, use, seconds(11))


async def test_the_page_has_what_servers_used(people, used):
    page = (await people["ada"].open("/hub/usage")).text

    cells = re.search(r'data-label="Environment">pytorch</td>(.*?)</tr>', page)[1]
    found = re.findall("<td [^>]*>(.*?)</td>", cells)
    assert found == ["1.00", "50 %", "1.00", "25 %", "3.00"]
    assert "mallory" not in page


async def test_what_servers_used_is_a_file_too(people, used):
    answer = await people["ada"].open("/hub/used.csv?period=month")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["day"], row["person"]) == ("2026-11-30", "ada")
    assert float(row["cpu_reserved_hours"]) == 2
    assert float(row["gib_used_hours"]) == 1
    everybody = await people["root"].open("/hub/used.csv")
    assert "mallory" in everybody.text


async def test_a_file_of_no_period_is_refused(people):
    answer = await people["ada"].open("/hub/used.csv?period=year")

    assert answer.status_code == 422


# -- budgets


def budgets_of(page):
    part = page.partition('id="mofang-budgets"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", part)
    return [
        re.sub(r"</?strong>", "", " | ".join(re.findall(r">([^<]*)<", each))).strip(
            " |"
        )
        for each in rows
    ]


async def test_budgets_are_shown_to_those_whose_they_are(people):
    ada, mallory = [
        (await people[name].open("/hub/usage")).text for name in ("ada", "mallory")
    ]

    assert "Budgets of November" in ada
    text = " ".join(budgets_of(ada))
    assert "vision" in text
    assert "100 %, used up" in text
    assert "80 %, nearly used up" in text
    assert "audio" not in text
    assert "audio" in " ".join(budgets_of(mallory))
