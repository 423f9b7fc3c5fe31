"""Keep a CephFS mounted on a node by ceph-fuse, whatever happens to the process.

It runs in the image ``ceph`` with the standard library and Ceph's own ``rados``, from a
ConfigMap; ``mofang_local.ceph`` starts it.
"""
