"""HTTP with bounds: how much is received, for how long, from how many at a time.

Knows neither Kubernetes nor JupyterHub.
"""
