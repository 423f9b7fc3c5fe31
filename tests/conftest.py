"""What holds for all tests: nothing is skipped, and nothing is left open."""

pytest_plugins = ["support.leaks", "support.skips"]
