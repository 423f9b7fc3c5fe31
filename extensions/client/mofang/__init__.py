"""The Python client, command line and cell magic of Mofang."""
