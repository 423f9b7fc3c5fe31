"""Routes: the hub's table of prefixes, kept as Istio VirtualServices."""
