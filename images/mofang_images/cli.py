"""The command line: ``build``, ``push``, ``list`` and ``lock``."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mofang_images.apt import SUITE
from mofang_images.build import BuiltImage, ImageBuild, Part
from mofang_images.builders import BuilderKind, choose_builder
from mofang_images.debian import root_identity
from mofang_images.errors import ImageError, SourceError
from mofang_images.installer import make_installer
from mofang_images.locks import write_locks
from mofang_images.plan import Plan, PlannedImage, make_plan
from mofang_images.push import chart_values, check_push, push_images
from mofang_images.sources import (
    SHARED_FOLDER,
    ImageSource,
    Variant,
    default_names,
    read_sources,
    with_needed,
)
from mofang_images.store import Store, default_folder
from mofang_images.trees import project_digest
from mofang_images.versions import VERSIONS_FILE, versions_text
from mofang_images.wheels import wheel_of

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = REPOSITORY / "images"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code of the program."""
    asked = _parser().parse_args(arguments)
    store = Store(folder=asked.cache)
    try:
        match asked.command:
            case "build":
                _build(asked, store)
            case "push":
                _push(asked, store)
            case "list":
                _list(asked, store)
            case _:
                write_locks(REPOSITORY, store, upgrade=asked.upgrade)
                text = versions_text(read_sources(IMAGES))
                (REPOSITORY / VERSIONS_FILE).write_text(text)
    except ImageError as err:
        print(err, file=sys.stderr)  # noqa: T201 - the program's own words.
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def built_as_json(built: Sequence[BuiltImage]) -> str:
    """Write what was built in the form the launcher reads."""
    entries = {
        image.name: {
            **_as_json(image),
            **(
                {"parents": [_as_json(part) for part in image.below]}
                if image.below
                else {}
            ),
        }
        for image in built
    }
    return json.dumps(entries, indent=2)


def _as_json(part: BuiltImage | Part) -> dict[str, str]:
    return {"ref": part.ref, "archive": str(part.archive)}


def _build(asked: argparse.Namespace, store: Store) -> None:
    built = _ensure(asked, store, thin=asked.thin)
    if asked.json:
        print(built_as_json(built))  # noqa: T201 - what was asked for.
    else:
        for image in built:
            print(f"{image.name}\t{image.ref}\t{image.archive}")  # noqa: T201 - likewise.


def _push(asked: argparse.Namespace, store: Store) -> None:
    prefix = asked.registry.rstrip("/")
    check_push(prefix)
    built = _ensure(asked, store, thin=True)
    digests = push_images(built, prefix, store, plain_http=asked.plain_http)
    print(chart_values(built, prefix, digests), end="")  # noqa: T201 - what was asked for.


def _ensure(asked: argparse.Namespace, store: Store, *, thin: bool) -> list[BuiltImage]:
    builder = choose_builder(asked.builder, store)
    store.sweep()
    sources = _asked_sources(asked)
    # Wheels come first: a tag must speak of the very files that were built.
    wheels = {
        project: wheel_of(project, REPOSITORY, store) for project in _projects(sources)
    }
    digests = {project: wheel.digest for project, wheel in wheels.items()}
    plan = _plan(asked, sources, digests)
    run = ImageBuild(
        plan=plan,
        wheels=wheels,
        installer=make_installer(IMAGES / SHARED_FOLDER, store),
        store=store,
        builder=builder,
        base_image=asked.base_image,
        thin=thin,
    )
    return [run.ensure(image) for image in _asked_images(asked, plan)]


def _list(asked: argparse.Namespace, store: Store) -> None:
    sources = _asked_sources(asked)
    digests = {each: project_digest(REPOSITORY / each) for each in _projects(sources)}
    for image in _asked_images(asked, _plan(asked, sources, digests)):
        print(f"{image.name}\t{image.ref}\t{_state(image, store, thin=asked.thin)}")  # noqa: T201 - likewise.


def _asked_sources(asked: argparse.Namespace) -> dict[str, ImageSource]:
    sources = read_sources(IMAGES)
    return with_needed(sources, asked.only or default_names(sources))


def _projects(sources: Mapping[str, ImageSource]) -> list[str]:
    named = [
        project
        for source in sources.values()
        for project in (
            *source.projects,
            *source.downloads,
            *source.labextensions,
        )
    ]
    return list(dict.fromkeys(named))


def _plan(
    asked: argparse.Namespace,
    sources: Mapping[str, ImageSource],
    digests: Mapping[str, str],
) -> Plan:
    identity = asked.base_image or root_identity()
    variant = Variant.GPU if asked.gpu else Variant.CPU
    return make_plan(sources, digests, IMAGES / SHARED_FOLDER, identity, variant)


def _asked_images(asked: argparse.Namespace, plan: Plan) -> list[PlannedImage]:
    if unknown := [name for name in asked.only if name not in plan.images]:
        raise SourceError(
            f"No image is called {unknown[0]}: it is only a part of others."
        )
    images = [plan.images[name] for name in asked.only or plan.images]
    if not asked.gpu:
        return images
    for_gpus = [image for image in images if image.below.variant is Variant.GPU]
    if asked.only and for_gpus != images:
        name = next(each.name for each in images if each not in for_gpus)
        raise SourceError(f"{name} has no variant for GPUs; build it without --gpu.")
    return for_gpus


def _state(image: PlannedImage, store: Store, *, thin: bool) -> str:
    name = f"{image.name}-thin" if thin and image.top else image.name
    archive = store.archive(name, image.tag)
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
    push = commands.add_parser("push", help="build, and push to a registry")
    listing = commands.add_parser("list", help="show the images and their tags")
    for each in (build, push, listing):
        _add_choice(each)
    for each in (build, push):
        each.add_argument(
            "--builder",
            type=BuilderKind,
            choices=list(BuilderKind),
            help="program that builds; by default the first that is installed",
        )
    build.add_argument("--json", action="store_true", help="print references and paths")
    for each in (build, listing):
        each.add_argument(
            "--thin",
            action="store_true",
            help="leave out of archives what is in those they name as below them",
        )
    push.add_argument(
        "registry", metavar="REGISTRY/PREFIX", help="where the images' names begin"
    )
    push.add_argument(
        "--plain-http", action="store_true", help="the registry speaks no TLS"
    )
    lock = commands.add_parser("lock", help="rewrite the images' requirements.txt")
    lock.add_argument("--upgrade", action="store_true", help="take newer versions")
    return parser


def _add_choice(command: argparse.ArgumentParser) -> None:
    """Add the options that say which images are meant."""
    command.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="these images only; an optional one is meant only where it is named",
    )
    command.add_argument(
        "--gpu",
        action="store_true",
        help="the variants for NVIDIA's GPUs, named …-gpu",
    )
    command.add_argument(
        "--base-image",
        metavar="REF",
        help=f"build on this image of Debian's {SUITE} instead of making one",
    )
