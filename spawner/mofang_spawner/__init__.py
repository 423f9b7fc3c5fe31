"""The spawner: environments, volumes, pods and the start of servers."""
