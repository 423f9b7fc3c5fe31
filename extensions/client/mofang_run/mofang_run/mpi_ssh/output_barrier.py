"""At the end of an MPI job, wait until the workers have copied their outputs."""

from __future__ import annotations

from collections.abc import Sequence

from mofang_run.job.replica import ReplicaContext
from mofang_run.mpi_ssh.rendezvous_dir import RendezvousDir
from mofang_run.network.peers import name_some
from mofang_run.process.exit_codes import PeerNotFoundError, StoppedError
from mofang_run.process.waiting import Wait, wait_until

LIMIT_SECONDS = 600.0


def wait_for_outputs(
    replica: ReplicaContext, directory: RendezvousDir, workers: Sequence[str]
) -> None:
    """Wait until all workers have withdrawn, for 10 minutes at most.

    The job ends with its launcher, and the operator then deletes the workers.

    Args:
        replica: The launcher's container.
        directory: Shared by all replicas of the job.
        workers: How many must have written their outputs.
    """

    def left() -> list[str]:
        return [name for name in workers if (directory.path / f"{name}.json").exists()]

    wait = Wait(
        what=lambda: f"{name_some(left())} to copy their outputs",
        advice="Outputs may be missing there; check the logs of the workers.",
        limit_seconds=LIMIT_SECONDS,
    )
    try:
        wait_until(lambda: not left(), wait, replica.signals, replica.output)
    except PeerNotFoundError as error:
        replica.output.say(str(error))
    except StoppedError:
        replica.output.say("Told to end before all workers had copied their outputs.")
