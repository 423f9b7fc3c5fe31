"""Notices by webhook and mail."""
