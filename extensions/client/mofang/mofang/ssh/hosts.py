"""Keep the hosts of jobs where ssh and editors look, and take them away again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang.client import Client
from mofang.errors import ConfigurationError, MofangError, NotFoundError
from mofang.settings import ClientSettings
from mofang.ssh.files import file_errors, locked, read, replace, ssh_directory
from mofang.ssh.host_blocks import Block, forget_hosts, read_blocks, write_blocks
from mofang.ssh.options import Connection
from mofang.ssh.replica_hosts import ReplicaHost, open_hosts
from mofang.ssh.ssh_include import include_line, with_include, without_include


@dataclass(frozen=True, slots=True)
class HostFiles:
    """Our directory and the user's own file."""

    directory: Path
    user_file: Path

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> HostFiles:
        """Return those of the user."""
        return cls(ssh_directory(environment), Path("~/.ssh/config").expanduser())

    @property
    def ours(self) -> Path:
        """Our file of hosts."""
        return self.directory / "config"

    @property
    def known_hosts(self) -> Path:
        """Host keys that were seen."""
        return self.directory / "known_hosts"

    def keep(self, client: Client, block: Block) -> dict[str, Block]:
        """Put a job's block into our file; return all that are there now.

        Blocks of the project's jobs that are over go, where the service tells.
        """
        blocks = self._blocks()
        past = [
            each.job
            for each in blocks.values()
            if each.job != block.job and _is_over(client, each)
        ]
        with locked(self.directory):
            blocks = self._blocks()
            for job in [*past, block.job]:
                blocks.pop(job, None)
            blocks[block.job] = block
            self._forget(past)
            replace(self.ours, write_blocks(blocks).encode())
            # Only when ours is there: an editor may look at any time.
            self._include()
        return blocks

    def remove(self, job: str | None = None) -> list[str]:
        """Take away the block of a job, or all; return the jobs whose block went.

        With the last one goes the line in the user's own file.
        """
        with locked(self.directory):
            blocks = self._blocks()
            gone = [each for each in blocks if job in {None, each}]
            left = {name: blocks[name] for name in blocks if name not in gone}
            self._forget([job] if job else gone)
            if left:
                replace(self.ours, write_blocks(left).encode())
                return gone
            self._exclude()
            with file_errors(self.ours):
                self.ours.unlink(missing_ok=True)
        return gone

    def note_attempt(self, replica_host: ReplicaHost, written: int) -> None:
        """Remove the previous attempt's host key from ``known_hosts``.

        Args:
            replica_host: The host of the session that begins.
            written: The attempt when our file was written.
        """
        if replica_host.attempt != written:
            stale = f"mofang-{replica_host.job}-{written}-{replica_host.replica} "
            with locked(self.directory):
                lines = read(self.known_hosts).splitlines(keepends=True)
                kept = [x for x in lines if not x.startswith(stale.encode())]
                if len(kept) < len(lines):
                    replace(self.known_hosts, b"".join(kept))

    def _blocks(self) -> dict[str, Block]:
        return read_blocks(read(self.ours).decode("utf-8", "replace"))

    def _forget(self, jobs: list[str]) -> None:
        before = read(self.known_hosts).decode("utf-8", "surrogateescape")
        after = forget_hosts(before, jobs)
        if after != before:
            replace(self.known_hosts, after.encode("utf-8", "surrogateescape"))

    def _include(self) -> None:
        try:
            before = read(self.user_file)
            after = with_include(before, self.ours)
            if after != before:
                replace(self.user_file, after)
        except ConfigurationError as error:
            line = include_line(self.ours).decode().strip()
            raise ConfigurationError(
                f"{error} Put this line at its top yourself: {line}"
            ) from error

    def _exclude(self) -> None:
        before = read(self.user_file)
        after = without_include(before, self.ours)
        if after == before:
            return
        if after or self.user_file.is_symlink():
            replace(self.user_file, after)
        else:
            with file_errors(self.user_file):
                self.user_file.unlink()


def block_of(
    settings: ClientSettings,
    connection: Connection,
    job: str,
    replica_hosts: list[ReplicaHost],
) -> Block:
    """Return the block of a job's hosts.

    Args:
        settings: Address, token and project.
        connection: Options that all hosts of the block share.
        job: Id of the job.
        replica_hosts: Its running replicas.
    """
    text = "\n".join(connection.block(replica_host) for replica_host in replica_hosts)
    return Block(job, settings.project, settings.url, text)


def _is_over(client: Client, block: Block) -> bool:
    settings = client.settings
    if (block.project, block.url) != (settings.project, settings.url):
        return False
    try:
        job = client.get_job(block.job)
    except NotFoundError:
        return True
    except MofangError:
        return False
    return job.state.is_final and not open_hosts(job)
