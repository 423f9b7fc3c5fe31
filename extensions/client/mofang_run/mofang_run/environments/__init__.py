"""A person's packages: one directory per environment, and the one way to it.

The directory is a virtual environment in the home, ``~/.mofang/environments/<name>``.
From its first change on, what the image brings is in it as links, one per file, so
that pip and uv can upgrade and remove the image's packages like any others while the
image stays as it is; what the person installs is in it as files. Kernels, terminals
and jobs use its Python; the notebook server never does, so nothing in it can keep a
server from starting.

directory    where it is, and what is recorded of it
image        what the image brings
debian       which files belong to a package of Debian's
thin         what a directory holds before its first change
plan         what it holds from then on
scripts      its programs
kept         what a person's own part of it is, for a directory that is made anew
creation     create, update and reset it
changes      what differs from the image
activation   the variables of processes that use it
jobs         whether a job uses it
kernel       start a kernel in it
cli          ``mofang-environment``

Standard library only, and Python 3.8 and later: the wrapper of jobs imports it.
"""
