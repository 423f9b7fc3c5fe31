"""Samples of what a replica uses: processes, container, GPUs."""
