"""Kubernetes, the hub and the shared storage."""
