"""Kubernetes without JupyterHub: names, clients, errors, watching."""
