"""Processes of a replica: the command, its output, signals and exit codes."""
