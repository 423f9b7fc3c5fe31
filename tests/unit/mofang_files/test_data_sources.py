"""Data sources in the notebook's server: what there is, buckets listed and read."""

import asyncio
import json
import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import nbformat
import pytest
from botocore.exceptions import ReadTimeoutError
from unit.mofang_files.conftest import API
from unit.mofang_training.notebook import running_notebook

from mofang_files.buckets import BucketReader
from mofang_files.data_source_handlers import DATA
from mofang_files.data_sources import (
    BucketSource,
    DataSources,
    DirectorySource,
    parse_config,
    parse_mounts,
)
from support.s3 import running_s3

MANY = 2500
SCRIPT = "<img src=x onerror=alert(1)>"

MOUNTS = """\
21 1 0:5 / / rw,relatime - overlay overlay rw
22 21 0:6 / /data/scans ro,relatime shared:1 - nfs4 nas:/scans rw
23 21 0:7 /a /data/models rw,relatime - ceph ceph rw
24 21 0:8 / /data rw - tmpfs tmpfs rw
25 23 0:9 / /data/models/deeper ro - tmpfs tmpfs rw
26 21 0:9 / /database ro - tmpfs tmpfs rw
27 21 0:9 / /data/with\\040space rw - tmpfs tmpfs rw
28 21 0:9 / /data/models ro - tmpfs tmpfs rw
"""


# -- what there is


def test_directories_are_what_is_mounted_below_data():
    """The mount says whether it is read-only, not the file system behind it."""
    found = parse_mounts(MOUNTS)

    assert [(each.name, each.read_only) for each in found] == [
        ("scans", True),
        ("models", True),
        ("with space", False),
    ]
    assert found[0] == DirectorySource(
        name="scans", location="/data/scans", read_only=True
    )


def test_this_machines_own_mounts_are_read():
    assert isinstance(DataSources(config=None).directories(), list)


def test_profiles_of_others_are_no_sources():
    text = "[default]\nmofang_url = s3://a\n[profile b]\nregion = x\n"
    assert parse_config(f"{text}[profile c]\nmofang_url = s3://c/d/e\n") == [
        BucketSource(name="c", bucket="c", prefix="d/e")
    ]


def test_a_key_is_the_prefix_and_the_path_to_the_letter():
    source = BucketSource(name="c", bucket="c", prefix="d")
    assert source.key("../a//b") == "d/../a//b"
    assert BucketSource(name="c", bucket="c", prefix="").key("/a") == "/a"


# -- a server with buckets


def notebook(**cell):
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell(
            "1",
            metadata=cell,
            outputs=[nbformat.v4.new_output("display_data", {"text/html": SCRIPT})],
        )
    ]
    return nbformat.writes(made).encode()


OBJECTS = {
    "raw/train.csv": b"a,b\n1,2\n",
    "raw/image.png": b"\x89PNG\r\n\x1a\n\xff",
    "raw/report.ipynb": notebook(trusted=True),
    "raw/broken.ipynb": b'{"cells": 1}',
    "raw/ä ö+%25.txt": "grüß".encode(),
    "raw/images/": b"",
    "raw/images/cat/1.png": b"1",
    "raw/images/dog.png": b"2",
    "raw//empty/name": b"3",
    "raw/../up.txt": b"4",
    "raw-other/secret.txt": b"not of the source",
} | {f"raw/many/{number:05}.bin": b"" for number in range(MANY)}


BUCKETS = {
    "lake": "lake/raw",
    "closed": "vault",
    "gone": "nowhere",
    "whole": "lake",
}


@pytest.fixture(scope="module")
def store():
    """A store with keys for each source, which open one bucket."""
    with running_s3() as server:
        server.make_bucket("lake", OBJECTS)
        server.make_bucket("vault", {"a": b"a"})
        for name in BUCKETS:
            server.make_user(name, ["lake", "nowhere"])
        server.lock()
        yield server


@pytest.fixture
def s3(store, monkeypatch, tmp_path):
    """What a pod has of it."""
    for name, value in store.write_files(tmp_path, BUCKETS).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return store


@pytest.fixture
async def server(s3, monkeypatch, tmp_path):
    async with running_notebook(monkeypatch, tmp_path, "mofang_files") as notebook:
        yield notebook


async def get(http, where, /, **query):
    return await http.get(f"{API}/data{where}", params=query)


async def test_the_sources_are_listed_without_a_question_to_a_store(server, s3):
    async with server.client() as http:
        found = (await get(http, "")).json()["sources"]

    buckets = [each for each in found if each["kind"] == "bucket"]
    assert buckets[0] == {
        "name": "lake",
        "kind": "bucket",
        "location": "s3://lake/raw",
    }
    assert [each["name"] for each in buckets] == list(BUCKETS)


async def test_a_server_without_buckets_has_none(monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    async with (
        running_notebook(monkeypatch, tmp_path, "mofang_files") as notebook,
        notebook.client() as http,
    ):
        assert (await get(http, "")).status_code == 200
        answer = await get(http, "/objects", source="lake")

    assert answer.status_code == 404
    assert "no bucket lake" in answer.json()["message"]


async def test_a_path_lists_its_directories_and_objects_alone(server):
    async with server.client() as http:
        top = (await get(http, "/objects", source="lake")).json()
        images = (await get(http, "/objects", source="lake", path="images/")).json()
        nameless = (await get(http, "/objects", source="lake", path="/")).json()

    assert sorted(top["directories"]) == ["", "..", "images", "many"]
    names = {each["name"]: each["size"] for each in top["objects"]}
    assert names["train.csv"] == 8
    assert "ä ö+%25.txt" in names
    assert images["directories"] == ["cat"]
    assert [each["name"] for each in images["objects"]] == ["dog.png"]
    assert nameless["directories"] == ["empty"]


async def test_pages_follow_each_other_to_the_end(server):
    names, after, pages = [], "", 0
    async with server.client() as http:
        while after is not None:
            # Whoever has no cookie yet is known by the header alone.
            http.cookies.clear()
            query = {"source": "lake", "path": "many/", "after": after}
            page = (await get(http, "/objects", **query)).json()
            names += [each["name"] for each in page["objects"]]
            after, pages = page["next"], pages + 1

    assert names == [f"{number:05}.bin" for number in range(MANY)]
    assert pages == 3


async def test_the_store_finds_names_by_their_beginning(server):
    async with server.client() as http:
        query = {"source": "lake", "path": "many/", "starts": "0249"}
        found = (await get(http, "/objects", **query)).json()
        bad = await get(http, "/objects", source="lake", starts="a/b")

    assert len(found["objects"]) == 10
    assert found["next"] is None
    assert bad.status_code == 400


async def test_an_object_is_a_document_that_cannot_be_saved(server):
    async with server.client() as http:
        text = (await get(http, "/object", source="lake", path="train.csv")).json()
        image = (await get(http, "/object", source="lake", path="image.png")).json()
        query = {"source": "lake", "path": "train.csv", "content": "0"}
        bare = (await get(http, "/object", **query)).json()

    assert (text["content"], text["format"]) == ("a,b\n1,2\n", "text")
    assert (text["mimetype"], text["size"]) == ("text/csv", 8)
    assert (image["format"], image["mimetype"]) == ("base64", "image/png")
    assert bare["content"] is None
    assert not any(each["writable"] for each in (text, image, bare))


async def test_a_notebook_of_others_is_not_trusted_because_it_says_so(server):
    async with server.client() as http:
        found = await get(http, "/object", source="lake", path="report.ipynb")
        as_text = await get(
            http, "/object", source="lake", path="report.ipynb", type="file"
        )

    [cell] = found.json()["content"]["cells"]
    assert "trusted" not in cell["metadata"]
    assert cell["outputs"][0]["data"] == {"text/html": SCRIPT}
    assert as_text.json()["content"] == OBJECTS["raw/report.ipynb"].decode()


async def test_a_download_is_the_object_to_the_letter(server):
    async with server.client() as http:
        for path in ("image.png", "ä ö+%25.txt", "../up.txt", "/empty/name"):
            answer = await get(http, "/download", source="lake", path=path)
            assert answer.content == OBJECTS[f"raw/{path}"]
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("/objects", {"source": "closed"}, 403, "keys of closed do not allow"),
        ("/objects", {"source": "gone"}, 404, "no bucket nowhere"),
        ("/object", {"source": "lake", "path": "none"}, 404, "not there any more"),
        ("/download", {"source": "lake", "path": "none"}, 404, "not there any more"),
        ("/object", {"source": "lake", "path": ""}, 404, "not there any more"),
        ("/object", {"source": "whole", "path": ""}, 400, "No object can have"),
        (
            "/object",
            {"source": "lake", "path": "image.png", "format": "text"},
            415,
            "no text in UTF-8",
        ),
        ("/object", {"source": "lake", "path": "broken.ipynb"}, 415, "cannot be read"),
        ("/objects", {"source": "../lake"}, 404, "no bucket"),
        ("/objects", {"source": "lake", "path": "images"}, 400, "ends with a slash"),
    ],
)
async def test_refusals_are_sentences(server, path, query, status, said):
    async with server.client() as http:
        answer = await get(http, path, **query)

    assert answer.status_code == status
    assert said in answer.json()["message"]


async def test_what_is_too_large_to_show_is_refused_and_downloaded(server):
    server.app.web_app.settings[DATA].reader.max_shown_bytes = 7
    async with server.client() as http:
        shown = await get(http, "/object", source="lake", path="train.csv")
        kept = await get(http, "/download", source="lake", path="train.csv")

    assert shown.status_code == 413
    assert kept.content == OBJECTS["raw/train.csv"]


async def test_a_store_that_does_not_answer_is_told_and_holds_up_nobody(
    server, s3, tmp_path
):
    config = tmp_path / "aws" / "config"
    config.write_text(config.read_text().replace(s3.url, "http://127.0.0.1:1"))
    server.app.web_app.settings[DATA].reader._clients.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL")
        async with server.client() as http:
            asked = asyncio.create_task(get(http, "/objects", source="lake"))
            assert (await http.get("api")).status_code == 200
            answer = await asked

    assert answer.status_code == 503
    assert "does not answer" in answer.json()["message"]
    assert "127.0.0.1" not in answer.text


async def test_stores_have_threads_of_their_own(server):
    """Or those that do not answer would keep files from being looked at."""
    data = server.app.web_app.settings[DATA]
    answering = threading.Event()
    held = [
        asyncio.create_task(data.wait(lambda: answering.wait(90))) for _ in range(50)
    ]
    try:
        async with asyncio.timeout(60):
            await asyncio.to_thread(threading.active_count)
    finally:
        answering.set()
        await asyncio.gather(*held)


class BrokenBody:
    """Ends in the middle, as where the store is stopped."""

    def __init__(self):
        self.parts = [b"a,b"]
        self.closed = False

    def read(self, size):
        if not self.parts:
            raise ReadTimeoutError(endpoint_url="http://store/?signature=secret")
        return self.parts.pop()

    def close(self):
        self.closed = True


async def test_a_download_that_breaks_off_is_not_taken_for_a_whole_one(server):
    body = BrokenBody()

    class Client:
        def get_object(self, **_):
            modified = datetime.now(UTC)
            return {"ContentLength": 8, "LastModified": modified, "Body": body}

    settings = server.app.web_app.settings
    reader = BucketReader(lambda _: Client())
    settings[DATA] = replace(settings[DATA], reader=reader)
    async with server.client() as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await get(http, "/download", source="lake", path="train.csv")
        shown = await get(http, "/object", source="lake", path="train.csv")

    assert body.closed
    assert shown.status_code == 503
    assert "signature" not in shown.text


# -- keys


def folder_of(tmp_path, source):
    return tmp_path / "secrets" / source


async def test_wrong_and_missing_keys_are_told_and_new_ones_are_taken(
    server, s3, tmp_path
):
    reader = server.app.web_app.settings[DATA].reader
    reader.client_seconds = 0.0
    secret = folder_of(tmp_path, "lake") / "AWS_SECRET_ACCESS_KEY"
    right = secret.read_text()
    async with server.client() as http:
        secret.write_text("wrong")
        wrong = await get(http, "/objects", source="lake")
        secret.unlink()
        missing = await get(http, "/objects", source="lake")
        secret.write_text(right)
        found = await get(http, "/objects", source="lake")

    assert (wrong.status_code, missing.status_code) == (403, 503)
    assert "refuses the keys of lake" in wrong.json()["message"]
    assert "whether its Secret exists" in missing.json()["message"]
    assert found.status_code == 200


async def test_keys_are_in_no_answer_and_in_no_log(server, s3, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    said = []
    async with server.client() as http:
        for source in BUCKETS:
            for path in ("", "/objects", "/object", "/download"):
                answer = await get(http, path, source=source, path="train.csv")
                said.append(f"{answer.request.url} {answer.headers} {answer.text}")
                said.append((await get(http, path, source=source, path="images/")).text)
    everything = "\n".join(
        [*said, caplog.text, json.dumps(server.app.web_app.settings, default=str)]
    )

    assert "images" in everything
    for key, secret in s3.keys.values():
        assert key not in everything
        assert secret not in everything


async def test_a_stranger_gets_nothing(server):
    async with server.client(token=None) as http:
        for path in ("", "/objects", "/object", "/download"):
            answer = await get(http, path, source="lake", path="train.csv")
            assert answer.status_code in {302, 403}
            assert b"a,b" not in answer.content
