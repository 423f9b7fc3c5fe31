"""Figures of the running platform, each beside a bare baseline of the same run."""
