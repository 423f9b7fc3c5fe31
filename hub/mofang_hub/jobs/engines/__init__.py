"""Engines: who runs a job. They alone talk to Kubernetes."""
