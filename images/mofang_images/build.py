"""Build the images that are not there yet, parents first."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.archives import read_archive, write_stacked
from mofang_images.builders import Builder, BuildRequest
from mofang_images.commands import CommandLog, report, step
from mofang_images.debian import make_root, root_identity
from mofang_images.host import write_host_folder
from mofang_images.plan import REGISTRY, Plan, PlannedImage, PlannedRecipe
from mofang_images.sources import ROOT_PARENT
from mofang_images.store import Store
from mofang_images.trees import input_files
from mofang_images.wheels import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image that lies ready in an archive."""

    name: str
    ref: str
    archive: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuild:
    """One run of the builder over a plan."""

    plan: Plan
    wheels: Mapping[str, Wheel]
    shared: Path
    """Files that go into the build of every image."""

    store: Store
    builder: Builder

    base_image: str | None = None
    """A registry's Debian to build on instead of a debootstrap root."""

    def ensure(self, image: PlannedImage) -> BuiltImage:
        """Return an image's archive, building it and its parents where needed."""
        archive = self.store.archive(image.name, image.tag)
        if archive.exists():
            report(f"{image.name}: built already")
        elif image.top is None:
            self._ensure_archive(image.below)
        else:
            self._stack(image, image.top, archive)
        return BuiltImage(name=image.name, ref=image.ref, archive=archive)

    def _stack(self, image: PlannedImage, top: PlannedRecipe, archive: Path) -> None:
        below = read_archive(self._ensure_archive(image.below))
        layer = read_archive(self._ensure_archive(top))
        labels = {
            "org.opencontainers.image.title": image.below.source.title,
            "org.opencontainers.image.licenses": "BSD-3-Clause",
            "org.opencontainers.image.version": image.tag,
        }
        with (
            step(f"Putting our layer on {image.name}"),
            self.store.finished(archive) as unfinished,
        ):
            write_stacked(below, layer, unfinished, ref=image.ref, labels=labels)
        self.store.trim(archive, image.name)

    def _ensure_archive(self, recipe: PlannedRecipe) -> Path:
        """Return the archive of what a Dockerfile makes."""
        archive = self.store.archive(recipe.name, recipe.tag)
        if archive.exists():
            return archive
        log = self._ensure_built(recipe)
        with (
            step(f"Writing the archive of {recipe.name}"),
            self.store.finished(archive) as unfinished,
        ):
            self.builder.save(recipe.ref, unfinished, log)
        self.store.trim(archive, recipe.name)
        return archive

    def _ensure_built(self, recipe: PlannedRecipe) -> CommandLog:
        """Make the builder hold what a Dockerfile makes; return the build's log."""
        log = CommandLog(path=self.store.log(recipe.name, recipe.tag))
        if self.builder.has(recipe.ref):
            return log
        archive = self.store.archive(recipe.name, recipe.tag)
        if archive.exists():
            self.builder.load(archive, log)
            return log
        log.path.unlink(missing_ok=True)
        parent = self._ensure_parent(recipe, log)
        with self.store.scratch(recipe.name) as scratch:
            context, host = scratch / "context", scratch / "host"
            host.mkdir()
            self._write_context(recipe, context)
            write_host_folder(host)
            request = BuildRequest(
                ref=recipe.ref,
                tag=recipe.tag,
                parent_ref=parent,
                context=context,
                host=host,
            )
            with step(f"Building {recipe.name}"):
                self.builder.build(request, log)
        self._forget_old(recipe, log)
        return log

    def _ensure_parent(self, recipe: PlannedRecipe, log: CommandLog) -> str:
        """Make the builder hold a Dockerfile's parent; return its reference."""
        if recipe.source.parent != ROOT_PARENT:
            parent = self.plan.recipes[recipe.source.parent]
            self._ensure_built(parent)
            return parent.ref
        if self.base_image:
            return self.base_image
        ref = f"{REGISTRY}/{ROOT_PARENT}:{root_identity()}"
        if not self.builder.has(ref):
            self.builder.import_root(ref, make_root(self.store), log)
        return ref

    def _write_context(self, recipe: PlannedRecipe, context: Path) -> None:
        """Gather the Dockerfile, the files it copies and our wheels."""
        source = recipe.source
        gathered = {
            file.relative_to(folder): file
            for folder in (self.shared, source.folder)
            for file in input_files(folder)
        }
        gathered |= {
            Path(folder.name) / file.relative_to(folder): file
            for folder in source.folders
            for file in input_files(folder, for_people=True)
        }
        for project in source.projects:
            wheel = self.wheels[project].path
            gathered[Path("wheels") / wheel.name] = wheel
        for name, file in gathered.items():
            target = context / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)

    def _forget_old(self, recipe: PlannedRecipe, log: CommandLog) -> None:
        """Let the builder drop what an older state of the tree made."""
        for old in self.store.trim(log.path, recipe.name):
            tag = old.stem.removeprefix(f"{recipe.name}-")
            self.builder.forget(f"{REGISTRY}/{recipe.name}:{tag}")
        self.builder.tidy()
