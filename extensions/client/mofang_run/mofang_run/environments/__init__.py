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
job_packages whether a job uses it
kernel       start a kernel in it
cli          ``mofang-environment``

A *saved environment* is what a person added to an image, kept for others to start from:
a lock, a list of packages with versions and digests, and one archive for each package.
The archives are content-addressed, have no absolute paths, and are unpacked to the
local disk of the pod that uses them, so that no package index is needed. What is
unpacked stands on the image like a virtual environment, and a person's own directory on
that.

saved_lock      what is saved, as a file
saved_freeze    what of a directory can be saved, and what cannot
saved_archive   one package as an archive, and back
saved_draft     write one into the home, where the reconciler fetches it
saved_unpacked  unpack one in a pod, and be the image that a directory stands on

Standard library only, and Python 3.8 and later: the wrapper of jobs imports it.
"""
