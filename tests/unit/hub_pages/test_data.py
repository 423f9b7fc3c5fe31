"""The data sources that the gallery lists for one person."""

from unit.hub_pages.test_gallery import HOSTILE, show  # noqa: F401 - a fixture
from unit.mofang_spawner.conftest import project_body

SOURCES = [
    {"name": "scans", "nfs": {"server": "nas", "path": "/exports/scans"}},
    {"name": "models", "readOnly": False, "cephfs": {"path": "models"}},
    {"name": "lake", "s3": {"bucket": "lake", "prefix": "raw", "secret": "lake"}},
    {"name": "lost", "persistentVolumeClaim": {"claimName": "lost"}},
    {"name": "new", "cephfs": {"path": "new"}},
]
STATES = [
    *({"key": name, "ready": True} for name in ("scans", "models", "lake")),
    {"key": "lost", "ready": False, "message": f"There is none. {HOSTILE}"},
]


async def listed(show, **spec):  # noqa: F811 - the fixture
    status = {"phase": "Ready", "dataSources": STATES}
    page = await show([project_body(status=status, dataSources=SOURCES, **spec)])
    found = page.all("details", **{"class": "mofang-data"})
    [details] = found
    return [
        " ".join(each.text.split()) for each in page.all("li") if details in each.around
    ]


async def test_each_source_says_where_it_is_or_why_it_is_not(show):  # noqa: F811
    assert await listed(show) == [
        "/data/scans (read-only)",
        "/data/models (may be written to)",
        "s3://lake/raw (S3, profile lake)",
        f"lost: There is none. {HOSTILE}",
        "new: It is being prepared.",
    ]


async def test_a_bucket_of_others_is_not_listed(show):  # noqa: F811
    found = await listed(show, secrets=[{"name": "lake", "owner": "ben"}])
    assert not [each for each in found if "lake" in each]


async def test_a_project_without_sources_has_no_list(show):  # noqa: F811
    page = await show([project_body()])
    assert not page.all("details", **{"class": "mofang-data"})
