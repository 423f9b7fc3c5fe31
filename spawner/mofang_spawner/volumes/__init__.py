"""Volumes: from project membership to the mounts of a pod."""
