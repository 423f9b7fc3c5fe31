"""The secret by which replicas of Ray and Spark know each other."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mofang_run.frameworks import ray, spark_conf
from mofang_run.frameworks.shared_secret import await_secret, created_secret
from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.process.exit_codes import PeerNotFoundError, RefusalError
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".mofang" / "run" / "digits-abc123"


@pytest.fixture
def replica(directory: Path) -> Iterator[Any]:
    """Make a replica's context, with more variables if wanted."""
    with Path(os.devnull).open("wb") as sink, SignalPipe() as signals:

        def make(**variables: str) -> ReplicaContext:
            found = {
                "MOFANG_JOB_ID": "digits-abc123",
                "MOFANG_RENDEZVOUS_DIRECTORY": str(directory),
                "MOFANG_PEER_TIMEOUT_SECONDS": "1",
                **variables,
            }
            settings = RunSettings.from_environment(found)
            output = ReplicaOutput(sink.fileno())
            return ReplicaContext(settings, {}, signals, output)

        yield make


def test_nobody_but_its_owner_reads_it(replica: Any, directory: Path) -> None:
    with created_secret(replica()) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert len(path.read_text()) == 64


def test_workers_find_what_the_head_made(replica: Any) -> None:
    with created_secret(replica()) as path:
        assert await_secret(replica(), "head") == path


def test_each_attempt_has_its_own(replica: Any, tmp_path: Path) -> None:
    other = replica(MOFANG_RENDEZVOUS_DIRECTORY=str(tmp_path / "other"))
    with created_secret(replica()) as one, created_secret(other) as two:
        assert one.read_text() != two.read_text()


def test_it_goes_with_the_head(replica: Any, directory: Path) -> None:
    with created_secret(replica()):
        pass
    assert not directory.exists()


def test_a_head_that_is_started_again_keeps_it(replica: Any, directory: Path) -> None:
    """Its workers may have joined already."""
    directory.mkdir(mode=0o700, parents=True)
    (directory / "secret").write_text("of-before")
    with created_secret(replica()) as path:
        assert path.read_text() == "of-before"


def test_a_worker_does_not_wait_for_ever(replica: Any) -> None:
    with pytest.raises(PeerNotFoundError, match="head-0 to share the secret"):
        await_secret(replica(), "head")


def test_a_directory_that_others_may_enter_is_refused(
    replica: Any, directory: Path
) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    with pytest.raises(RefusalError, match="alone"), created_secret(replica()):
        pass


def test_without_a_directory_nothing_starts_open(replica: Any) -> None:
    nowhere = replica(MOFANG_RENDEZVOUS_DIRECTORY="")
    with (
        pytest.raises(RefusalError, match="MOFANG_RENDEZVOUS_DIRECTORY"),
        created_secret(nowhere),
    ):
        pass


def test_ray_reads_it_from_the_file_and_no_variable_holds_it(replica: Any) -> None:
    here = replica()
    here.environment["RAY_AUTH_MODE"] = "disabled"
    here.environment["RAY_AUTH_TOKEN"] = "of the person"
    with created_secret(here) as path:
        ray._authenticate(here, path)
        assert here.environment == {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(path),
        }
        assert path.read_text() not in here.environment.values()


def spark_home(tmp_path: Path) -> str:
    conf = tmp_path / "spark" / "conf"
    conf.mkdir(parents=True)
    (conf / "log4j2.properties").write_text("rootLogger.level = warn\n")
    (conf / "spark-defaults.conf").write_text(
        "spark.sql.shuffle.partitions 4\nspark.authenticate false"
    )
    return str(tmp_path / "spark" / "bin" / "spark-class")


def settings_of(directory: Path) -> dict[str, str]:
    lines = (directory / "spark-defaults.conf").read_text().splitlines()
    # As Java's properties, of which the last of a name holds.
    return dict(line.split(None, 1) for line in lines if line.strip())


def test_spark_s_configuration_gets_the_secret_and_keeps_the_rest(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of-the-job")

    with spark_conf.spark_conf_dir(spark_home(tmp_path), {}, secret) as made:
        assert settings_of(made) == {
            "spark.sql.shuffle.partitions": "4",
            "spark.authenticate": "true",
            "spark.authenticate.secret": "of-the-job",
            "spark.network.crypto.enabled": "true",
        }
        assert (made / "log4j2.properties").exists()
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert not made.exists()


def test_a_configuration_of_the_job_s_own_is_taken(tmp_path: Path) -> None:
    secret, own = tmp_path / "secret", tmp_path / "own"
    secret.write_text("of-the-job")
    own.mkdir()
    (own / "hive-site.xml").touch()

    variables = {"SPARK_CONF_DIR": str(own)}
    with spark_conf.spark_conf_dir(spark_home(tmp_path), variables, secret) as made:
        assert (made / "hive-site.xml").exists()
        assert not (made / "log4j2.properties").exists()
    assert not (own / "spark-defaults.conf").exists()


RAY = """
import os, pathlib
print("mode", os.environ.get("RAY_AUTH_MODE"), flush=True)
if path := os.environ.get("RAY_AUTH_TOKEN_PATH"):
    print("token", pathlib.Path(path).read_text(), flush=True)
"""


def run_ray_worker(
    wrapper: Any, directory: Path, **variables: str
) -> tuple[int | None, str]:
    """Run the wrapper of a worker whose Ray says by what it asks callers."""
    scripts = wrapper.packages / "ray" / "scripts"
    scripts.mkdir(parents=True)
    for file in (scripts.parent / "__init__.py", scripts / "__init__.py"):
        file.touch()
    (scripts / "scripts.py").write_text(RAY)
    with socket.create_server(("127.0.0.1", 0)) as head:
        code, output = wrapper(
            "train.py",
            framework="ray",
            MOFANG_LEADER_HOST="127.0.0.1",
            MOFANG_LEADER_PORT=str(head.getsockname()[1]),
            MOFANG_RENDEZVOUS_DIRECTORY=str(directory),
            **variables,
        )
    return code, output


def test_a_worker_of_kuberay_s_waits_for_no_secret(
    wrapper: Any, directory: Path
) -> None:
    code, output = run_ray_worker(
        wrapper,
        directory,
        RAY_USAGE_STATS_KUBERAY_IN_USE="1",
        RAY_AUTH_MODE="disabled",
    )

    assert code == 0, output
    assert "mode disabled" in output
    assert "token" not in output


def test_a_ray_worker_joins_with_the_secret_of_its_head(
    wrapper: Any, directory: Path
) -> None:
    directory.mkdir(mode=0o700, parents=True)
    (directory / "secret").write_text("of-the-job")

    code, output = run_ray_worker(wrapper, directory)

    assert code == 0, output
    assert "mode token" in output
    assert "token of-the-job" in output
