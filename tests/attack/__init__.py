"""Hostile requests against the running platform: ``make attack``."""
