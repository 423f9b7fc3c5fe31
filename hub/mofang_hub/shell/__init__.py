"""Cloud Shell and SSH: ways into a running container of one's own job."""
