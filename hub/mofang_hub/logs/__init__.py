"""Logs of jobs: kept as files on the shared storage, served piece by piece."""
