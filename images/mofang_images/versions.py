"""Which versions the images hold of what people choose an image for.

The chart puts them on the cards of the gallery. They are read from the locks; what
Debian brings is in no lock, and stays the same for as long as the release does.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from mofang_images.sources import ImageSource, SourceKind, Variant, with_needed

VERSIONS_FILE = Path("images", "catalog", "versions", "images.yaml")
"""From the root of the checkout; below the catalogue, where the chart reads it."""

_HEAD = (
    "# Versions in each image, for the cards of the gallery.\n"
    "# `python -m mofang_images lock` writes this file.\n"
)

_SHOWN: Mapping[str, tuple[str, ...]] = {
    "PyTorch": ("torch",),
    "TensorFlow": ("tensorflow", "tensorflow-cpu"),
    "Keras": ("keras",),
    "JAX": ("jax",),
    "XGBoost": ("xgboost", "xgboost-cpu"),
    "Horovod": ("horovod",),
    "Ray": ("ray",),
    "Spark": ("pyspark",),
    "CUDA": ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12"),
    "scikit-learn": ("scikit-learn",),
    "Python": (),
    "JupyterLab": ("jupyterlab",),
}
"""Title → names of the distributions, any of which brings it; in the cards' order."""

_DEBIAN: Mapping[str, Mapping[str, str]] = {
    "foundation": {"Python": "3.13"},
    "pytorch": {"PyTorch": "2.6"},
}
"""Image → what its Dockerfile takes from Debian 13. A lock goes before it: the variant
for GPUs has PyTorch from there."""

_LOCKED = re.compile(r"^([a-z0-9._-]+)==([^ \\;]+)", re.MULTILINE)


def read_versions(
    sources: Mapping[str, ImageSource],
) -> dict[str, list[dict[str, str]]]:
    """Return name and version of what is shown, by image; variants are images too.

    Args:
        sources: All images.
    """
    found = {}
    for name, source in sources.items():
        if source.kind is not SourceKind.ENVIRONMENT:
            continue
        found[name] = _of_image(source, sources, Variant.CPU)
        if source.gpu:
            found[f"{name}-gpu"] = _of_image(source, sources, Variant.GPU)
    return found


def versions_text(sources: Mapping[str, ImageSource]) -> str:
    """Return the file's content."""
    return _HEAD + yaml.safe_dump(read_versions(sources), sort_keys=False)


def _of_image(
    source: ImageSource, sources: Mapping[str, ImageSource], variant: Variant
) -> list[dict[str, str]]:
    shown: dict[str, str] = {}
    locked: dict[str, str] = {}
    for each in with_needed(sources, [source.name]).values():
        if each.kind is SourceKind.LAYER:
            continue
        shown |= _DEBIAN.get(each.name, {})
        for lock in _locks(each, variant if each.gpu else Variant.CPU):
            locked |= dict(_LOCKED.findall(lock.read_text()))
    for title, names in _SHOWN.items():
        if found := next((locked[name] for name in names if name in locked), ""):
            shown[title] = found
    return [
        {"name": title, "version": shown[title]} for title in _SHOWN if title in shown
    ]


def _locks(source: ImageSource, variant: Variant) -> Iterator[Path]:
    own = source.folder / "requirements.txt"
    of_variant = source.folder / f"requirements-{variant}.txt"
    for lock in (
        of_variant if of_variant.exists() else own,
        # A lock of another image that it installs, too.
        *(folder / "requirements.txt" for folder in source.folders),
    ):
        if lock.exists():
            yield lock
