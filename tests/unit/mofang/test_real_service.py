"""The clients against the real service, whose cluster is pretended."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from unit.mofang_jobs.world import IMAGE, PREFIX, World, running_world

import mofang
from mofang_spawner.environments.availability import Unavailable


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


@pytest.fixture
def given(world):
    return {
        "url": f"{world.url}{PREFIX}",
        "token": "ada",
        "project": "vision",
        "image": IMAGE,
    }


async def test_a_job_is_previewed_submitted_found_and_repeated(world, given):
    async with mofang.AsyncClient(**given) as client:
        options = {"hyperparameters": {"lr": 0.1}, "replicas": 2, "restart": 3}
        spec = mofang.spec("train.py", settings=client.settings, **options)
        preview = await client.preview(spec)
        assert "PyTorchJob" in preview.manifest
        assert preview.fields == {}
        job = await client.submit(spec)
        known = {"environment": job.spec.environment}
        assert job.spec == spec.model_copy(update=known)
        again = await client.submit(
            mofang.respec(job, settings=client.settings, memory="2Gi")
        )
        assert again.spec.rerun_of == job.id
        page = await client.list_jobs(
            owner="ada",
            framework="pytorch",
            search="TRAIN",
            state=["Submitted", "Queued"],
        )
        assert {each.id for each in page.jobs} == {job.id, again.id}
        assert (await client.list_jobs(state="Failed")).jobs == []
        assert await client.result(job.id) == {}
        assert len((await client.metrics(job.id, 10)).replicas) == 2


async def test_an_environment_is_enough_and_becomes_its_image(world, given):
    async with mofang.AsyncClient(**{**given, "image": None}) as client:
        spec = mofang.spec("train.py", settings=client.settings, environment="pytorch")
        job = await client.submit(spec)
        assert (job.spec.image, job.spec.environment) == (IMAGE, "pytorch")
        (catalogued,) = world.catalog.environments
        newer = "docker.io/mofang/pytorch:2"
        world.catalog.environments = [catalogued.model_copy(update={"image": newer})]
        again = await client.submit(mofang.respec(job, settings=client.settings))
        assert again.spec.image == newer


async def test_the_service_and_the_client_refuse_in_the_same_words(world, given):
    async with mofang.AsyncClient(**given) as client:
        spec = mofang.spec(
            "train.py",
            settings=client.settings,
            outputs={"run": "/projects/speech/run"},
        )
        assert list((await client.preview(spec)).fields) == ["outputs.0.path"]
        with pytest.raises(mofang.InvalidError) as caught:
            await client.submit(spec)
        assert list(caught.value.fields) == ["outputs.0.path"]


async def test_the_command_line_speaks_with_the_service(world, given, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "MOFANG_API_URL": given["url"],
        "JUPYTERHUB_API_TOKEN": given["token"],
        "MOFANG_PROJECT": given["project"],
        "MOFANG_IMAGE": given["image"],
        "JUPYTERHUB_USER": "ada",
    }

    async def run(*arguments: str, code: int = 0) -> str:
        # A process of its own: the service lives in this one.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from mofang.cli import main; main()"),
            *arguments,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == code, errors.decode()
        return errors.decode() if code else output.decode()

    role = ("--role", "worker=2,cpu=1")
    assert "kind: PyTorchJob" in await run("submit", "train.py", "--dry-run", *role)
    first = (await run("submit", "train.py", "--set", "lr=0.1")).strip()
    second = (await run("rerun", first, "--set", "lr=0.2")).strip()
    assert await run("compare", first, second, "-o", "name") == "hyperparameters.lr\n"
    assert await run("environments", "-o", "name") == "pytorch\n"
    named = await run("submit", "train.py", "--environment", "gone", code=2)
    assert "There is no environment gone that you may use" in named
    shown = yaml.safe_load(await run("jobs", "--mine", "-o", "yaml"))
    assert [job["id"] for job in shown["jobs"]] == [second, first]
    await run("get", "train-absent", code=2)
    (catalogued,) = world.catalog.environments
    unavailable = Unavailable(reason="Building", message="3 of 9 are ready.")
    world.catalog.environments = [
        catalogued.model_copy(update={"unavailable": unavailable})
    ]
    refusal = await run("submit", "train.py", code=2)
    assert "PyTorch is not available yet. 3 of 9 are ready." in refusal
    assert "Submit the job again when it is" in refusal
    environment["MOFANG_API_URL"] = "http://127.0.0.1:9/services/training"
    await run("jobs", code=3)
