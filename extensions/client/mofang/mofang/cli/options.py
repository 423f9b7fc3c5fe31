"""The options of a submission, shared by ``submit``, ``rerun`` and ``%%mofang``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from cloup import OptionGroup

from mofang.cli.completing import complete_environment, complete_role
from mofang.options import RerunOptions
from mofang.shorthand import read_setting
from mofang_api.frameworks import DEFAULT_FRAMEWORK, NOTEBOOK_FRAMEWORK
from mofang_api.models import Engine, Framework, HangPolicy, Priority

F = TypeVar("F", bound=Callable[..., Any])


def _read_pairs(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str] | None:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"write {parameter.metavar}.", ctx, parameter)
        pairs[name] = text
    return pairs or None


def _read_settings(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, Any] | None:
    for value in values:
        if value and "=" not in value:
            raise click.BadParameter(
                f"write {parameter.metavar}, or --flag {value} to pass --{value} "
                "without a value.",
                ctx,
                parameter,
            )
    pairs = _read_pairs(ctx, parameter, values)
    return pairs and {name: read_setting(text) for name, text in pairs.items()}


def _read_arguments(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> list[str] | None:
    return list(values) or None


def _pairs(metavar: str, help_text: str) -> dict[str, Any]:
    return {
        "multiple": True,
        "metavar": metavar,
        "callback": _read_pairs,
        "help": f"{help_text} May be repeated.",
    }


_program = OptionGroup("Program")
_data = OptionGroup("Parameters and data")
_size = OptionGroup("Size")
_trouble = OptionGroup("When something goes wrong")
_scheduling = OptionGroup("Where it runs")
_doing = OptionGroup("What to do with it")

_OPTIONS = (
    _program.option("--name", help="What to call the job."),
    _program.option("--command", help="A command line to run in place of a script."),
    _program.option(
        "--framework",
        type=click.Choice(list(map(str, Framework))),
        help=f"Who starts its processes; {DEFAULT_FRAMEWORK} by default, "
        f"{NOTEBOOK_FRAMEWORK} for a notebook.",
    ),
    _program.option(
        "--environment",
        "environment",
        metavar="NAME",
        shell_complete=complete_environment,
        help="Environment to run, such as pytorch; that of this notebook by default.",
    ),
    _program.option(
        "--image", help="Image to run, in place of an environment: registry/name:tag."
    ),
    _program.option(
        "--workdir",
        "working_directory",
        type=click.Path(),
        help="Where the script starts; here by default.",
    ),
    _program.option(
        "--snapshot/--no-snapshot",
        default=None,
        help="Run the working directory's code as it is now, or as it is at the start.",
    ),
    _program.option(
        "--snapshot-of",
        type=click.Path(),
        metavar="DIRECTORY",
        help="Run the code of this directory as it is now.",
    ),
    _program.option(
        "--requirements",
        type=click.Path(),
        metavar="FILE",
        help="Packages to install before the start.",
    ),
    _data.option(
        "--set",
        "hyperparameters",
        **{
            **_pairs("NAME=VALUE", "A hyper-parameter, passed as --name=value."),
            "callback": _read_settings,
        },
    ),
    _data.option(
        "--flag",
        "flags",
        multiple=True,
        metavar="NAME",
        callback=_read_arguments,
        help="A hyper-parameter without a value, passed as --name. May be repeated.",
    ),
    _data.option(
        "--input",
        "inputs",
        **_pairs(
            "NAME=PATH[,env]",
            "A place to read from, passed as --name=path; env for a variable.",
        ),
    ),
    _data.option(
        "--output",
        "outputs",
        **_pairs(
            "NAME=PATH[,staged,preload,env]",
            "A directory to write to; staged on a fast disk first, preload fills that.",
        ),
    ),
    _data.option(
        "--env",
        **_pairs("NAME=VALUE", "A variable for the script, never a secret."),
    ),
    _data.option(
        "--secret",
        "secrets",
        **_pairs(
            "NAME=SECRET:KEY", "A variable whose value a Secret of the project holds."
        ),
    ),
    _size.option("--replicas", type=int, help="How many run it; 1 by default."),
    _size.option(
        "--role",
        "roles",
        shell_complete=complete_role,
        **_pairs(
            "NAME=N[,cpu=C,memory=M,gpu=G]", "Replicas of a role and what each gets."
        ),
    ),
    _size.option("--cpu", help="Cores of each replica, such as 2 or 500m."),
    _size.option("--memory", help="Memory of each replica, such as 2Gi."),
    _size.option("--gpu", type=int, help="GPUs of each replica."),
    _size.option("--processes", type=int, help="Processes of each replica."),
    _trouble.option(
        "--restart",
        metavar="N[,script-failures]",
        help="Start again so often after failures of the platform; script-failures: "
        "of the script too.",
    ),
    _trouble.option(
        "--hang-policy",
        type=click.Choice(list(map(str, HangPolicy))),
        help="What to do about a job that makes no progress.",
    ),
    _trouble.option(
        "--hold-on-failure",
        metavar="TIME",
        help="Hold a failed replica for debugging, such as 30m.",
    ),
    _scheduling.option(
        "--priority",
        type=click.Choice(list(map(str, Priority))),
        help="Before or after the project's other waiting jobs.",
    ),
    _scheduling.option(
        "--run-as-user", type=int, help="User that its processes run as."
    ),
    _scheduling.option(
        "--engine",
        type=click.Choice(list(map(str, Engine))),
        help="Which operator runs it; the platform's first by default.",
    ),
    _doing.option(
        "--follow",
        "--watch",
        "follow",
        is_flag=True,
        help="Show the log until the job ends.",
    ),
    _doing.option(
        "--dry-run",
        is_flag=True,
        help="Show what it would be and cost; submit nothing.",
    ),
)

spec_file_option = _doing.option(
    "--spec",
    "spec_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="YAML with fields of a job; options go before it.",
)


def submit_options(command: F) -> F:
    """Give a command the options of a submission."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_options(values: Mapping[str, Any]) -> RerunOptions:
    """Return what was said; what was not keeps its default."""
    names = RerunOptions.__annotations__
    said = {k: v for k, v in values.items() if k in names and v is not None}
    if values.get("snapshot_of"):
        said["snapshot"] = values["snapshot_of"]
    return cast("RerunOptions", said)
