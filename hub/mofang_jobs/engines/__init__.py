"""Engines: how a job becomes objects, and is read back."""
