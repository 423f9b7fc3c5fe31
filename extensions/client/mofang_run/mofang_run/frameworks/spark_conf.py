"""Spark's configuration directory with the secret of the job.

Master, workers, driver and whatever the script submits read ``spark-defaults.conf``
there; on a command line the secret would be seen in the list of processes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mofang_run.mpi_ssh.private_tmp import private_tmp

DEFAULTS = "spark-defaults.conf"


@contextmanager
def spark_conf_dir(
    spark_class: str, environment: Mapping[str, str], secret: Path
) -> Iterator[Path]:
    """Copy the configuration that is there, and add that callers must know the secret.

    Args:
        spark_class: Path of ``spark-class``.
        environment: Variables of the job, which may name another directory.
        secret: File that holds the secret.
    """
    home = Path(spark_class).parents[1]
    source = Path(environment.get("SPARK_CONF_DIR") or home / "conf")
    target = Path(tempfile.mkdtemp(prefix="mofang-spark-", dir=str(private_tmp())))
    try:
        for file in source.glob("*") if source.is_dir() else ():
            if file.is_file():
                shutil.copyfile(str(file), str(target / file.name))
        settings = {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secret.read_text().strip(),
            "spark.network.crypto.enabled": "true",
        }
        defaults = target / DEFAULTS
        before = defaults.read_text() if defaults.exists() else ""
        ours = "".join(f"{name} {value}\n" for name, value in settings.items())
        # The last line of a name is the one that holds.
        defaults.write_text(f"{before}\n{ours}")
        yield target
    finally:
        shutil.rmtree(str(target), ignore_errors=True)
