"""What people and the service itself do with jobs."""
