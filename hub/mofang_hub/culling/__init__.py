"""Stops servers in which nothing happens, after a notice."""
