"""Build the images of Mofang: hub, notebooks, and what comes after them.

An image is a folder beside this package: a Dockerfile, a lock and an
``image.toml``. Its tag is a hash of everything it is made from, so an image that
exists never needs to be built again and two machines agree on its name.

``sources`` and ``plan`` say what to build and are pure; ``wheels``, ``debian``
and ``host`` prepare what a build needs; ``builders`` speak to buildah, docker or
podman; ``build`` brings them together.
"""
