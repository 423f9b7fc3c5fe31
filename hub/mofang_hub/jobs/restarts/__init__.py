"""Jobs that start again after a failure, all replicas together (J9)."""
