"""Build the images that are not there yet, parents first."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.builders import Builder, BuildRequest
from mofang_images.commands import CommandLog, report, step
from mofang_images.debian import make_root, root_identity
from mofang_images.host import write_host_folder
from mofang_images.plan import REGISTRY, PlannedImage
from mofang_images.sources import ROOT_PARENT, input_files
from mofang_images.store import Store
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

    planned: Mapping[str, PlannedImage]
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
        else:
            self._build(image, archive)
            self._forget_old(image, archive)
        return BuiltImage(name=image.name, ref=image.ref, archive=archive)

    def _build(self, image: PlannedImage, archive: Path) -> None:
        log = CommandLog(path=self.store.log(image.name, image.tag))
        log.path.unlink(missing_ok=True)
        parent = self._ensure_parent(image, log)
        with self.store.scratch(image.name) as scratch:
            context, host = scratch / "context", scratch / "host"
            host.mkdir()
            self._write_context(image, context)
            write_host_folder(host)
            request = BuildRequest(
                ref=image.ref,
                tag=image.tag,
                parent_ref=parent,
                context=context,
                host=host,
            )
            with step(f"Building the image {image.name}"):
                self.builder.build(request, log)
        with (
            step(f"Writing the archive of {image.name}"),
            self.store.finished(archive) as unfinished,
        ):
            self.builder.save(image.ref, unfinished, log)

    def _ensure_parent(self, image: PlannedImage, log: CommandLog) -> str:
        """Make the builder hold an image's parent; return its reference."""
        if image.source.parent != ROOT_PARENT:
            parent = self.planned[image.source.parent]
            built = self.ensure(parent)
            if not self.builder.has(parent.ref):
                self.builder.load(built.archive, log)
            return parent.ref
        if self.base_image:
            return self.base_image
        ref = f"{REGISTRY}/{ROOT_PARENT}:{root_identity()}"
        if not self.builder.has(ref):
            self.builder.import_root(ref, make_root(self.store), log)
        return ref

    def _write_context(self, image: PlannedImage, context: Path) -> None:
        """Gather the Dockerfile, the files it copies and our wheels."""
        for folder in (self.shared, image.source.folder):
            for file in input_files(folder):
                target = context / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        wheels = context / "wheels"
        wheels.mkdir()
        for project in image.source.projects:
            shutil.copy(self.wheels[project].path, wheels)

    def _forget_old(self, image: PlannedImage, archive: Path) -> None:
        for old in self.store.trim(archive, image.name):
            tag = old.stem.removeprefix(f"{image.name}-")
            self.builder.forget(f"{REGISTRY}/{image.name}:{tag}")
        self.builder.tidy()
