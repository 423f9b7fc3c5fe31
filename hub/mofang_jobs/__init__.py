"""The training service: jobs, their logs, metrics and shells."""
