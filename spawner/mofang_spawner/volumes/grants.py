"""Volumes a pod may mount. Values only."""

from dataclasses import dataclass
from enum import StrEnum

HOME = "/home/jovyan"


class VolumeScope(StrEnum):
    """Whose directory it is."""

    USER = "user"
    PROJECT = "project"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeGrant:
    """One directory a pod may mount, settled before the pod is built."""

    scope: VolumeScope
    owner: str
    """User slug or project name, as the scope says; empty for the global one."""

    read_only: bool = False

    @property
    def claim(self) -> str:
        """The claim in the project's namespace that holds the directory."""
        match self.scope:
            case VolumeScope.USER:
                return "mofang-users"
            case VolumeScope.PROJECT:
                return "mofang-project"
            case VolumeScope.GLOBAL:
                return "mofang-global"

    @property
    def mount_path(self) -> str:
        """Where it appears in every container."""
        match self.scope:
            case VolumeScope.USER:
                return HOME
            case VolumeScope.PROJECT:
                return f"/projects/{self.owner}"
            case VolumeScope.GLOBAL:
                return "/global"

    @property
    def sub_path(self) -> str | None:
        """The directory inside the claim; never the user's own words."""
        return self.owner or None
