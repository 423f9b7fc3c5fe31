"""A real Ceph of one machine: daemons as restricted pods, and its mounts on the nodes.

A company has Rook; this is the one-machine platform's own.
"""
