"""What a directory holds whose packages can be changed: links, and little else.

Pure but for reading the image. A link leads to one file, never to a folder: pip looks
at the real place of the folder that a file is in, and leaves alone what is outside of
the environment.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from mofang_run.environments import scripts
from mofang_run.environments.image import (
    DIST_INFO,
    EGG_INFO,
    Distribution,
    Image,
    in_prefix,
)

PYCACHE = "__pycache__"

LEFT_OUT = (
    *("share/jupyter/kernels", "share/jupyter/lab", "share/jupyter/labextensions"),
    *("share/jupyterhub", "share/mofang"),
)
"""What only the notebook server reads, which runs from the image."""

USER_SITE_FILE = "mofang-user-site.pth"
IMAGE_FILE = "mofang-image.pth"
"""In a saved environment: puts the image's packages on the path."""

# pip refuses `--user` in a virtual environment that does not see the user's packages.
# Here both places are one, by PYTHONUSERBASE, so it may have its way.
USER_SITE = b"import site; site.ENABLE_USER_SITE = True\n"


@dataclass
class Plan:
    """Paths are relative to the directory."""

    links: dict[str, str] = field(default_factory=dict)
    """Where each link leads to."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    """Content and permissions."""

    distributions: dict[str, str] = field(default_factory=dict)
    """Version by name, of all that the image brings."""

    def generated(self) -> tuple[str, ...]:
        """Return what is ours although it is a file, or leads nowhere we name."""
        pythons = [path for path in self.links if path.startswith("bin/python")]
        return tuple(sorted({*self.files, *pythons}))


def build_plan(image: Image, prefix: Path, excluded: Collection[str]) -> Plan:
    """Plan a directory.

    Args:
        image: What it stands on.
        prefix: Where the directory will be.
        excluded: Names of packages of the image that it shall not hold.
    """
    plan = Plan()
    for site in image.sites:
        skipped: set[str] = set()
        packages: list[Distribution] = []
        for one in image.distributions(site):
            if one.name in plan.distributions or one.name in excluded:
                skipped.update(in_prefix(image.site_folder, one.files()))
                skipped.add(f"{image.site_folder}/{one.info}")
            else:
                packages.append(one)
            plan.distributions.setdefault(one.name, one.version)
        _add_site(plan, image, site, skipped)
        for one in packages:
            _complete(plan, image, one)
        if source := image.prefix_of(site):
            _add_rest(plan, source, prefix, skipped)
    add_python(plan, image)
    return plan


def _add_site(plan: Plan, image: Image, site: Path, skipped: Collection[str]) -> None:
    folder = image.site_folder
    # A package of an earlier site hides one of the same name as a whole.
    hidden = {
        each.name
        for each in site.iterdir()
        if f"{folder}/{each.name}/__init__.py" in plan.links
        and (each / "__init__.py").is_file()
    }

    def is_wanted(path: str) -> bool:
        inside = path[len(folder) + 1 :]
        top = inside.partition("/")[0]
        # Byte code of modules that are no packages would outlive them: uv does not
        # remove it, and what the image brings is used without a look at its source.
        if top == PYCACHE or top.endswith(EGG_INFO):
            return False
        if top in {USER_SITE_FILE, IMAGE_FILE}:
            return False
        return not (
            top in hidden
            or path in skipped
            or f"{folder}/{top}" in skipped
            or source_of(path) in skipped
        )

    _add_tree(plan, site, folder, is_wanted)


def source_of(path: str) -> str:
    """Return the module that byte code was made from; other paths as they are."""
    folder, name = posixpath.split(path)
    if posixpath.basename(folder) != PYCACHE:
        return path
    return posixpath.join(posixpath.dirname(folder), f"{name.partition('.')[0]}.py")


def _add_tree(
    plan: Plan, source: Path, target: str, is_wanted: Callable[[str], bool]
) -> None:
    start = len(str(source))
    for folder, _, names in os.walk(str(source)):
        inside = f"{target}{folder[start:]}"
        for name in names:
            path = f"{inside}/{name}"
            if is_wanted(path):
                plan.links.setdefault(path, f"{folder}/{name}")


def _complete(plan: Plan, image: Image, one: Distribution) -> None:
    """Give a package the list of its files by which it can be removed."""
    if one.info.endswith(DIST_INFO) and one.record.is_file():
        return
    folder = image.site_folder
    info = f"{folder}/{one.name.replace('-', '_')}-{one.version}{DIST_INFO}"
    if one.info.endswith(DIST_INFO):
        info = f"{folder}/{one.info}"
    plan.links[f"{info}/METADATA"] = str(one.metadata)
    for name in ("entry_points.txt", "top_level.txt"):
        path = one.site / one.info / name
        if path.is_file():
            plan.links[f"{info}/{name}"] = str(path)
    if f"{info}/INSTALLER" not in plan.links:
        plan.files[f"{info}/INSTALLER"] = (b"debian\n", 0o644)
    own = [f for f in in_prefix(folder, one.files()) if f in plan.links]
    own += [path for path in plan.links if path.startswith(f"{info}/")]
    own += [f"{info}/INSTALLER", f"{info}/RECORD"]
    lines = "".join(f"{_quoted(f[len(folder) + 1 :])},,\n" for f in dict.fromkeys(own))
    plan.files[f"{info}/RECORD"] = (os.fsencode(lines), 0o644)


def _quoted(path: str) -> str:
    if "," in path or '"' in path:
        return '"' + path.replace('"', '""') + '"'
    return path


def _add_rest(plan: Plan, source: Path, prefix: Path, skipped: Collection[str]) -> None:
    """Add programs, and data such as the templates of nbconvert."""
    for name in scripts.names(source):
        path = f"bin/{name}"
        if path in skipped or path in plan.links or path in plan.files:
            continue
        content = scripts.converted(source, name, prefix)
        if content is None:
            plan.links[path] = str(source / path)
        else:
            plan.files[path] = (content, 0o755)

    def is_wanted(path: str) -> bool:
        return path not in skipped and not path.startswith(
            tuple(f"{each}/" for each in LEFT_OUT)
        )

    _add_tree(plan, source / "share", "share", is_wanted)


def add_python(plan: Plan, image: Image) -> None:
    """Add what makes a virtual environment of it."""
    plan.links["bin/python"] = str(image.python)
    plan.links["bin/python3"] = "python"
    plan.links[f"bin/python{image.version}"] = "python"
    plan.files["pyvenv.cfg"] = (_configuration(image).encode(), 0o644)
    plan.files[f"{image.site_folder}/{USER_SITE_FILE}"] = (USER_SITE, 0o644)


def _configuration(image: Image) -> str:
    # Python takes everything but "true" for false, pip nothing but "false".
    return (
        f"home = {image.python.parent}\n"
        "include-system-site-packages = no\n"
        f"version = {image.version}\n"
        "prompt = mofang\n"
    )
