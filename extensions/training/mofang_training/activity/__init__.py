"""Whether anything happens in this server, and what the hub makes of it."""
