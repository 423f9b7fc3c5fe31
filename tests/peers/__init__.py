"""The suites of KubeSpawner and of traefik-proxy, run on this project's classes."""
