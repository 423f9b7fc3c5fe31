"""Directories on the shared file system: owners, quotas, usage and snapshots."""
