"""Whether the replicas of a job start together or not at all.

A policy changes the operator's object before it is created. There is one so far, which
changes nothing; those of Kubernetes' own PodGroup and of Volcano belong here.
"""

from __future__ import annotations

from typing import Protocol

from mofang_hub.jobs.models import Manifest, NewJob


class GangPolicy(Protocol):
    """How a job's replicas are admitted to the cluster."""

    def applied(self, manifest: Manifest, job: NewJob) -> Manifest:
        """Return the operator's object with what the policy needs."""


class NoGang:
    """Replicas are placed one by one."""

    def applied(self, manifest: Manifest, job: NewJob) -> Manifest:  # noqa: ARG002
        """Return the object as it is."""
        return manifest
