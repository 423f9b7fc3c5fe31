"""Build the images that are not there yet, parents first."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.archives import (
    described_by,
    is_complete,
    read_archive,
    stacked,
    write_archive,
)
from mofang_images.builders import Builder, BuildRequest
from mofang_images.commands import CommandLog, step
from mofang_images.debian import make_root, root_identity
from mofang_images.errors import SourceError
from mofang_images.host import write_host_folder
from mofang_images.layouts import Stack, write_layout
from mofang_images.plan import REGISTRY, Plan, PlannedImage, PlannedRecipe
from mofang_images.sources import ROOT_PARENT, SourceKind
from mofang_images.store import Store
from mofang_images.trees import input_files
from mofang_images.wheels import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What lies in one archive."""

    ref: str
    archive: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image that lies ready in an archive."""

    name: str
    ref: str
    archive: Path

    below: tuple[Part, ...] = ()
    """What must be read before a thin archive, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuild:
    """One run of the builder over a plan."""

    plan: Plan
    wheels: Mapping[str, Wheel]
    installer: Path
    """The program that installs Python packages in every build."""

    store: Store
    builder: Builder

    base_image: str | None = None
    """A registry's Debian to build on instead of a debootstrap root."""

    thin: bool = False
    """Leave out of an environment's archive what is in those below it."""

    def ensure(self, image: PlannedImage) -> BuiltImage:
        """Return an image's archive, building it and its parents where needed."""
        if image.top is None:
            archive = self._ensure_archive(image.below)
            return BuiltImage(name=image.name, ref=image.ref, archive=archive)
        name = f"{image.name}-thin" if self.thin else image.name
        archive = self.store.archive(name, image.tag)
        below = self._parts(image.below) if self.thin else ()
        with self.store.locked(name):
            if not self._has(archive, [part.archive for part in below]):
                self._stack(image, image.top, archive)
                self.store.trim(archive, name)
        return BuiltImage(name=image.name, ref=image.ref, archive=archive, below=below)

    def _has(self, archive: Path, others: list[Path]) -> bool:
        """Tell whether an archive is there, and with others holds all its layers.

        Two builds of one Dockerfile differ in their hashes. So an archive that
        leaves out layers of its parent's is of no use after the parent's was lost.
        """
        if not archive.exists():
            return False
        return is_complete([read_archive(each) for each in [*others, archive]])

    def _stack(self, image: PlannedImage, top: PlannedRecipe, archive: Path) -> None:
        below = [read_archive(part.archive) for part in self._parts(image.below)]
        layer = read_archive(self._ensure_archive(top))
        labels = {
            "org.opencontainers.image.title": image.below.source.title,
            "org.opencontainers.image.licenses": "BSD-3-Clause",
            "org.opencontainers.image.version": image.tag,
        }
        under = below[-1].content
        with (
            step(f"Putting our layer on {image.name}"),
            self.store.finished(archive) as unfinished,
        ):
            write_archive(
                unfinished,
                stacked(under, layer.content, labels),
                image.ref,
                [*below, layer],
                without=under.layers if self.thin else (),
            )

    def _parts(self, recipe: PlannedRecipe) -> tuple[Part, ...]:
        """Return the archives that together hold what a Dockerfile makes."""
        return tuple(
            Part(ref=each.ref, archive=self._ensure_archive(each))
            for each in self._line(recipe)
        )

    def _line(self, recipe: PlannedRecipe) -> list[PlannedRecipe]:
        """Return a recipe and its ancestors, oldest first."""
        parent = recipe.source.parent
        above = [] if parent == ROOT_PARENT else self._line(self.plan.recipes[parent])
        return [*above, recipe]

    def _ensure_archive(self, recipe: PlannedRecipe) -> Path:
        """Return the archive of what a Dockerfile adds to its parent."""
        archive = self.store.archive(recipe.name, recipe.tag)
        parents = [self._ensure_archive(each) for each in self._line(recipe)[:-1]]
        with self.store.locked(recipe.name):
            if self._has(archive, parents):
                return archive
            log = self._ensure_built(recipe)
            with (
                step(f"Writing the archive of {recipe.name}"),
                self.store.finished(archive) as unfinished,
            ):
                if parents:
                    self._save_addition(recipe, unfinished, parents, log)
                else:
                    self.builder.save(recipe.ref, unfinished, log)
            self.store.trim(archive, recipe.name)
        return archive

    def _save_addition(
        self, recipe: PlannedRecipe, target: Path, parents: list[Path], log: CommandLog
    ) -> None:
        """Write an archive without the layers that those of the parents hold."""
        below = [read_archive(parent) for parent in parents]
        held = frozenset[str]().union(*(each.present for each in below))
        with self.store.scratch(recipe.name) as scratch:
            written = scratch / "written.tar"
            known = below[-1].content.diff_ids
            self.builder.save(recipe.ref, written, log, without=known)
            saved = read_archive(written)
            content = described_by(saved.content, below)
            write_archive(target, content, recipe.ref, [saved], without=held)

    def _ensure_built(self, recipe: PlannedRecipe) -> CommandLog:
        """Make the builder hold what a Dockerfile makes; return the build's log.

        Who calls it holds the recipe's lock.
        """
        log = CommandLog(path=self.store.log(recipe.name, recipe.tag))
        if self.builder.has(recipe.ref):
            return log
        log.path.unlink(missing_ok=True)
        parent = self._ensure_parent(recipe, log)
        with self.store.scratch(recipe.name) as scratch:
            context, host = scratch / "context", scratch / "host"
            host.mkdir()
            self._write_context(recipe, context)
            write_host_folder(host, self.installer)
            request = BuildRequest(
                ref=recipe.ref,
                tag=recipe.tag,
                parent_ref=parent,
                variant=recipe.variant,
                context=context,
                host=host,
            )
            with step(f"Building {recipe.name}"), self.store.building():
                self.builder.build(request, log)
        if recipe.source.kind is not SourceKind.LAYER:
            self._list_packages(recipe, log)
        self._forget_old(recipe, log)
        return log

    def _list_packages(self, recipe: PlannedRecipe, log: CommandLog) -> None:
        """Write down which Debian packages were the newest, which no tag tells."""
        with self.store.building():
            listed = self.builder.packages(recipe.ref, log)
        if not listed:
            raise SourceError(
                f"{recipe.name} names no Debian packages. It must stand on Debian, and "
                "keep dpkg-query."
            )
        target = self.store.packages(recipe.name, recipe.tag)
        with self.store.finished(target) as unfinished:
            unfinished.write_text(listed)
        self.store.trim(target, recipe.name)

    def _ensure_parent(self, recipe: PlannedRecipe, log: CommandLog) -> str:
        """Make the builder hold a Dockerfile's parent; return its reference."""
        if recipe.source.parent != ROOT_PARENT:
            parent = self.plan.recipes[recipe.source.parent]
            with self.store.locked(parent.name):
                if not self._reload(parent):
                    self._ensure_built(parent)
            return parent.ref
        if self.base_image:
            return self.base_image
        ref = f"{REGISTRY}/{ROOT_PARENT}:{root_identity()}"
        with self.store.locked(ROOT_PARENT):
            if not self.builder.has(ref):
                self.builder.import_root(ref, make_root(self.store), log)
        return ref

    def _reload(self, recipe: PlannedRecipe) -> bool:
        """Give the builder back what it lost and archives hold, if they do.

        Built again it would have other hashes, and what stands on it could leave
        none of its layers to those archives.
        """
        line = [self.store.archive(each.name, each.tag) for each in self._line(recipe)]
        *below, archive = line
        if self.builder.has(recipe.ref) or not all(each.exists() for each in line):
            return False
        if not self._has(archive, below):
            return False
        with self.store.scratch(f"{recipe.name}-reload") as scratch:
            write_layout(scratch, {recipe.ref: Stack(archive=archive, below=below)})
            with step(f"Reading {recipe.name} from its archive"):
                return self.builder.load(recipe.ref, scratch)

    def _write_context(self, recipe: PlannedRecipe, context: Path) -> None:
        """Gather the Dockerfile, the files it copies and our wheels."""
        source = recipe.source
        gathered = {
            file.relative_to(source.folder): file for file in input_files(source.folder)
        }
        gathered |= {
            Path(folder.name) / file.relative_to(folder): file
            for folder in source.folders
            for file in input_files(folder, for_people=True)
        }
        for folder, projects in (
            ("wheels", source.projects),
            ("downloads", source.downloads),
            ("labextensions", source.labextensions),
        ):
            for wheel in (self.wheels[project].path for project in projects):
                gathered[Path(folder) / wheel.name] = wheel
        lock = source.folder / f"requirements-{recipe.variant}.txt"
        if lock in gathered.values():
            gathered[Path("requirements.txt")] = lock
        for name, file in gathered.items():
            target = context / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)

    def _forget_old(self, recipe: PlannedRecipe, log: CommandLog) -> None:
        """Let the builder drop what older states of the tree made.

        Unpacked, an image takes several times the disk of its archive, from which it
        can be read back.
        """
        for old in self.store.others(log.path, recipe.name):
            tag = old.stem.removeprefix(f"{recipe.name}-")
            self.builder.forget(f"{REGISTRY}/{recipe.name}:{tag}")
        self.store.trim(log.path, recipe.name)
        with self.store.collecting() as is_alone:
            if is_alone:
                self.builder.tidy()
