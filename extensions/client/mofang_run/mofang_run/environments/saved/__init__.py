"""A saved environment: what a person added to an image, kept for others to start from.

It is a *lock*, a list of packages with versions and digests, and one archive for each
package. The archives are content-addressed, have no absolute paths, and are unpacked to
the local disk of the pod that uses them, so that no package index is needed. Beside
them what is there stands on the image like a virtual environment, and a person's own
directory on that.

lock      what is saved, as a file
freeze    what of a directory can be saved, and what cannot
archive   one package as an archive, and back
draft     write a saved environment into the home, where the reconciler fetches it
unpacked  unpack one in a pod, and be the image that a person's directory stands on
"""
