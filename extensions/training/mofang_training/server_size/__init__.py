"""What this server uses of its CPU and memory, and how it gets more while it runs."""
