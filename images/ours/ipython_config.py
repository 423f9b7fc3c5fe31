"""Settings of every kernel and of IPython; those of a person come on top."""
# ruff: noqa: INP001 - a file that traitlets reads, not a module of a package.

from importlib.util import find_spec

c = get_config()  # noqa: F821 - defined by traitlets when it reads this file.

# Kernels of a person's own environments do not have the client.
if find_spec("mofang") is not None:
    c.InteractiveShellApp.extensions.append("mofang")
