"""The command line: ``build``, ``list`` and ``lock``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mofang_images.build import BuiltImage, ImageBuild
from mofang_images.builders import BuilderKind, choose_builder
from mofang_images.debian import root_identity
from mofang_images.errors import ImageError
from mofang_images.locks import write_locks
from mofang_images.plan import PlannedImage, plan_images, select
from mofang_images.store import Store, default_folder

REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code of the program."""
    asked = _parser().parse_args(arguments)
    store = Store(folder=asked.cache)
    try:
        match asked.command:
            case "build":
                _build(asked, store)
            case "list":
                _list(asked, store)
            case _:
                write_locks(REPOSITORY, store, upgrade=asked.upgrade)
    except ImageError as err:
        print(err, file=sys.stderr)  # noqa: T201 - the program's own words.
        return 1
    return 0


def built_as_json(built: Sequence[BuiltImage]) -> str:
    """Write what was built in the form the launcher reads."""
    entries = {
        image.name: {"ref": image.ref, "archive": str(image.archive)} for image in built
    }
    return json.dumps(entries, indent=2)


def _build(asked: argparse.Namespace, store: Store) -> None:
    with store.locked():
        planned = plan_images(REPOSITORY, asked.base_image or root_identity())
        images = select(planned, asked.only)
        run = ImageBuild(
            repository=REPOSITORY,
            planned=planned,
            store=store,
            builder=choose_builder(asked.builder, store),
            base_image=asked.base_image,
        )
        built = [run.ensure(image) for image in images]
    if asked.json:
        print(built_as_json(built))  # noqa: T201 - what was asked for.
    else:
        for image in built:
            print(f"{image.name}\t{image.ref}\t{image.archive}")  # noqa: T201 - likewise.


def _list(asked: argparse.Namespace, store: Store) -> None:
    planned = plan_images(REPOSITORY, asked.base_image or root_identity())
    for image in select(planned, asked.only):
        print(f"{image.name}\t{image.ref}\t{_state(image, store)}")  # noqa: T201 - likewise.


def _state(image: PlannedImage, store: Store) -> str:
    archive = store.archive(image.name, image.tag)
    if not archive.exists():
        return "not built"
    return f"{archive.stat().st_size / 1e6:.0f} MB"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mofang_images", description=__doc__
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=default_folder(),
        help="where built images are kept",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what is not built yet")
    listing = commands.add_parser("list", help="show the images and their tags")
    for each in (build, listing):
        each.add_argument(
            "--only", nargs="+", default=[], metavar="NAME", help="these images only"
        )
        each.add_argument(
            "--base-image",
            metavar="REF",
            help="build on this Debian bookworm image instead of making one",
        )
    build.add_argument("--json", action="store_true", help="print references and paths")
    build.add_argument(
        "--builder",
        type=BuilderKind,
        choices=list(BuilderKind),
        help="program that builds; by default the first that is installed",
    )
    lock = commands.add_parser("lock", help="rewrite the images' requirements.txt")
    lock.add_argument("--upgrade", action="store_true", help="take newer versions")
    return parser
