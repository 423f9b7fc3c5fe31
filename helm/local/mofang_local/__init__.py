"""A real one-machine Kubernetes with the whole platform on it."""
