"""Whether jobs make progress, and what they use: read from their replicas' samples."""
