"""Data sources: large data beside the platform's own directories."""
