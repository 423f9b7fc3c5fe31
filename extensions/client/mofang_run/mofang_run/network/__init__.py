"""Addresses of this replica and names of the others."""
