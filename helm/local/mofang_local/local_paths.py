"""Where the launcher keeps things, by the XDG folders of its user."""

import os
from dataclasses import dataclass
from pathlib import Path


def _base(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPaths:
    """Folders of one local platform."""

    repository: Path
    """The checkout whose chart and images are run."""

    cache: Path
    """What was built; each entry is keyed by what it is made from."""

    state: Path
    """What the running platform keeps: cluster, logs, people's data."""

    @property
    def local(self) -> Path:
        """The folder of the launcher's own sources."""
        return self.repository / "helm" / "local"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def run(self) -> Path:
        """Sockets, pid files and whatever a restart of the machine would lose."""
        return self.state / "run"

    @property
    def storage(self) -> Path:
        """Root of the shared file system: users, projects, global."""
        return self.state / "data" / "storage"

    @property
    def former_storage(self) -> Path:
        """The local directory's files, once they were migrated to a CephFS."""
        return self.state / "data" / "storage-local"

    @property
    def hub(self) -> Path:
        """The hub's database."""
        return self.state / "data" / "hub"

    @property
    def programs(self) -> Path:
        """Links to the programs built for this checkout."""
        return self.cache / "bin"

    @property
    def lock(self) -> Path:
        """Held by whoever changes cache or state; outlives ``clean``."""
        return self.cache / "launcher.lock"

    @property
    def build_logs(self) -> Path:
        return self.cache / "logs"


def paths() -> LocalPaths:
    """The places of this checkout and this user."""
    return LocalPaths(
        repository=Path(__file__).resolve().parents[3],
        cache=_base("XDG_CACHE_HOME", ".cache") / "mofang",
        state=_base("XDG_STATE_HOME", ".local/state") / "mofang" / "local",
    )
