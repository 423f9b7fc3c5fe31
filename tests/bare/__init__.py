"""README on a bare Debian: its commands, and then `make test`."""
