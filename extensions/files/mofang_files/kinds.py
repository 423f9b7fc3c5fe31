"""What takes space that can be had back: by where it is and how it is called. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Parts = tuple[str, ...]
"""A path beneath the home, or beneath the project's directory."""


class ItemKind(StrEnum):
    """Why something may be removed."""

    PACKAGE_CACHE = "package_cache"
    """Downloads of pip, uv, conda and others, which they make anew."""
    MODEL_CACHE = "model_cache"
    """Models and data sets, which take long to download again."""
    CACHE = "cache"
    """Anything else in ``~/.cache``."""
    BYTECODE = "bytecode"
    NOTEBOOK_CHECKPOINTS = "notebook_checkpoints"
    """JupyterLab's copies of notebooks as they were last saved by hand."""
    TRASH = "trash"
    REPLACED = "replaced"
    """What the restoration of a previous version replaced."""
    CODE = "code"
    """Copies of code of jobs."""
    CHECKPOINT = "checkpoint"
    """Of a training."""


CACHES = frozenset(
    {
        ItemKind.PACKAGE_CACHE,
        ItemKind.MODEL_CACHE,
        ItemKind.BYTECODE,
        ItemKind.NOTEBOOK_CHECKPOINTS,
    }
)
"""Plainly made anew: any member of a project may remove them there."""

GATHERED = frozenset({ItemKind.BYTECODE, ItemKind.NOTEBOOK_CHECKPOINTS})
"""Small, and everywhere: all directories of such a kind are one item."""

TRASH: Parts = (".local", "share", "Trash")
CODE: Parts = (".mofang", "code")

_CACHE_PATHS: dict[Parts, ItemKind] = {
    tuple(path.split("/")): kind
    for kind, paths in {
        ItemKind.PACKAGE_CACHE: (
            ".cache/pip",
            ".cache/uv",
            ".cache/pypoetry",
            ".cache/pipenv",
            ".cache/conda",
            ".cache/yarn",
            ".npm/_cacache",
            ".conda/pkgs",
            "anaconda3/pkgs",
            "miniconda3/pkgs",
            "miniforge3/pkgs",
            "mambaforge/pkgs",
            "micromamba/pkgs",
        ),
        # Beside these are tokens of a log-in.
        ItemKind.MODEL_CACHE: (
            ".cache/huggingface/assets",
            ".cache/huggingface/datasets",
            ".cache/huggingface/hub",
            ".cache/huggingface/modules",
            ".cache/huggingface/xet",
            ".cache/modelscope/hub",
            ".cache/torch",
            ".keras/datasets",
            ".keras/models",
        ),
        ItemKind.CACHE: (".nv/ComputeCache", ".triton/cache"),
    }.items()
    for path in paths
}
_REPLACED: Parts = (".mofang", "replaced")

UNSEARCHED = frozenset({".git", ".snap"})
"""Nothing in a directory of such a name is offered."""

_GATHERED_NAMES = {
    "__pycache__": ItemKind.BYTECODE,
    ".ipynb_checkpoints": ItemKind.NOTEBOOK_CHECKPOINTS,
}
_CHECKPOINT_DIRECTORY = re.compile(r"checkpoint-\d+|.+\.ckpt")
_CHECKPOINT_FILE = re.compile(r".+\.ckpt")
_WEIGHTS = re.compile(r".+\.(pt|pth|safetensors)")
_WEIGHTS_BELOW = re.compile(r"(.*[_-])?(checkpoints?|ckpts?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is where in a home, or in a project's directory."""

    known: Mapping[Parts, ItemKind]
    """Looked at first, so that the largest are known of however large all is."""
    trash: Parts
    preselected: frozenset[ItemKind]
    """What is made anew without asking anybody, or was deleted already."""
    watched: frozenset[ItemKind]
    """What others may be using that nobody here sees: a recent use is told."""
    has_homes: bool = False
    """Whether people have directories in it, with caches of their own."""

    def directory_kind(self, parts: Parts) -> ItemKind | None:
        """Return which kind a directory is; None for none of them."""
        if parts in self.known:
            return self.known[parts]
        if self.has_homes:
            for length in (2, 3):
                if kind := _CACHE_PATHS.get(parts[-length:]):
                    return kind
        name = parts[-1]
        if name in _GATHERED_NAMES:
            return _GATHERED_NAMES[name]
        if _CHECKPOINT_DIRECTORY.fullmatch(name):
            return ItemKind.CHECKPOINT
        if parts[:-1] == (".cache",) and not any(
            each[: len(parts)] == parts for each in self.known
        ):
            return ItemKind.CACHE
        return None


HOME = Layout(
    known={
        **_CACHE_PATHS,
        TRASH: ItemKind.TRASH,
        _REPLACED: ItemKind.REPLACED,
        CODE: ItemKind.CODE,
    },
    trash=TRASH,
    preselected=frozenset({ItemKind.PACKAGE_CACHE, ItemKind.BYTECODE, ItemKind.TRASH}),
    watched=frozenset({ItemKind.MODEL_CACHE, ItemKind.CHECKPOINT}),
)


def project_layout(uid: int) -> Layout:
    """Return where what is in the directory of a project.

    Args:
        uid: Of who moves something to the Trash there, which is everybody's.
    """
    trash = (f".Trash-{uid}",)
    return Layout(
        known={**_CACHE_PATHS, trash: ItemKind.TRASH, _REPLACED: ItemKind.REPLACED},
        trash=trash,
        preselected=frozenset({ItemKind.PACKAGE_CACHE, ItemKind.BYTECODE}),
        watched=frozenset(ItemKind),
        has_homes=True,
    )


def file_kind(parts: Parts) -> ItemKind | None:
    """Return which kind a file is; None for none of them."""
    if _CHECKPOINT_FILE.fullmatch(parts[-1]):
        return ItemKind.CHECKPOINT
    if _WEIGHTS.fullmatch(parts[-1]) and any(
        _WEIGHTS_BELOW.fullmatch(each.lower()) for each in parts[:-1]
    ):
        return ItemKind.CHECKPOINT
    return None
