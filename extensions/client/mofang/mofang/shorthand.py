"""The short forms in which people write parts of a job, made whole.

Pure. What is whole already passes through, so that both may be mixed, in Python as in
a file. The table of forms is in the client's README.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from os import PathLike, fspath
from typing import Any, NoReturn

from pydantic import BaseModel

from mofang.errors import InvalidError

_MINUTES = {"": 1, "m": 1, "h": 60, "d": 24 * 60}
_DURATION = re.compile(r"([0-9]{1,6})\s*([mhd]?)")
_RESOURCES = ("cpu", "memory", "gpu")
_FLAGS = {
    "staged": ("staged", True),
    "preload": ("preload", True),
    "env": ("pass_as", "environment"),
}


def normalize(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of a job with every short form expanded.

    Raises:
        InvalidError: Some cannot be read; says how each is written.
    """
    whole: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, value in fields.items():
        try:
            whole[name] = _READERS[name](value) if name in _READERS else _plain(value)
        except ValueError as error:
            faults[name] = str(error)
    if faults:
        raise refused(**faults)
    return whole


def refused(**fields: str) -> InvalidError:
    """Return the error that a sentence for each field makes."""
    return InvalidError(
        "The job was not submitted, because something in it must change.",
        code="invalid",
        fields=fields,
    )


def read_setting(text: str) -> str | int | float | bool:
    """Return a hyper-parameter that was typed: a number, true, false, or a text.

    Quotes keep a text that looks like a number: ``"007"``.
    """
    try:
        value = json.loads(text, parse_constant=_no_number)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float) else text


def _no_number(name: str) -> NoReturn:
    # JSON has no NaN, and the service would get null for it.
    raise ValueError(name)


def _plain(value: object) -> object:
    match value:
        case BaseModel():
            return value.model_dump(exclude_none=True)
        case PathLike():
            return fspath(value)
        case _:
            return value


def _read_arguments(value: object) -> object:
    if not isinstance(value, str):
        return [str(word) for word in _listed(value)]
    try:
        return shlex.split(value)
    except ValueError:
        raise ValueError("A quote in it has no partner. Close it.") from None


def _read_settings(value: object) -> dict[str, Any]:
    # Numbers of NumPy and PyTorch know how to become Python's.
    return {name: _number(each) for name, each in _named(value).items()}


def _number(value: Any) -> Any:
    if value is not None and not isinstance(value, str | int | float):
        value = value.item() if hasattr(value, "item") else _plain(value)
        if not isinstance(value, str | int | float):
            raise ValueError("Each value is a number, a text, True or False.")
    if isinstance(value, float) and value - value != 0:
        raise ValueError("Infinite values and NaN cannot be sent. Pass them as text.")
    return value


def _read_flags(value: object) -> object:
    words = value.split() if isinstance(value, str) else _listed(value)
    return [str(word).removeprefix("--") for word in words]


def _read_variables(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - a fault of a field
            "These are variables, such as {'SEED': 7}. The environment to run is named "
            "by environment, such as environment='pytorch'."
        )
    return {
        name: str(each) if isinstance(each, int | float | PathLike) else each
        for name, each in _named(value).items()
    }


def _read_environment(value: object) -> object:
    if isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004 - a fault of a field
            "This is the name of an environment, such as pytorch. Variables are given "
            "by env."
        )
    return value


def _read_roles(value: object) -> dict[str, Any]:
    return {name: _read_role(each) for name, each in _named(value).items()}


def _read_role(value: object) -> dict[str, Any]:
    match value:
        case int():
            return {"replicas": value}
        case str():
            return _role_of(_read_typed_role(value))
        case _:
            return _role_of(dict(_named(_plain(value))))


def _read_typed_role(text: str) -> dict[str, Any]:
    """Read ``2`` or ``2,cpu=1,memory=4Gi``."""
    role: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, setting = part.strip().rpartition("=")
        name = name or "replicas"
        is_known = name in _RESOURCES if equals else name == "replicas"
        if not is_known or not setting or name in role:
            raise ValueError(
                "Write a number of replicas and what each gets, such as 2 or "
                "2,cpu=1,memory=4Gi,gpu=1."
            )
        role[name] = setting
    return role


def _role_of(role: dict[str, Any]) -> dict[str, Any]:
    said = {name: role.pop(name) for name in _RESOURCES if name in role}
    if said:
        role["resources"] = {**_named(_plain(role.get("resources") or {})), **said}
    return role


def _read_data_paths(value: object) -> list[Any]:
    if isinstance(value, Mapping):
        return [{"name": name, **_read_data_path(each)} for name, each in value.items()]
    return [_plain(each) for each in _listed(value)]


def _read_data_path(value: object) -> dict[str, Any]:
    """Read ``/projects/vision/run``, or that with ``,staged,preload,env``."""
    if isinstance(value, PathLike):
        return {"path": fspath(value)}
    if not isinstance(value, str):
        return dict(_named(_plain(value)))
    path, flags = value, []
    while (cut := path.rpartition(","))[2] in _FLAGS and cut[0]:
        path, flag = cut[0], cut[2]
        flags.append(_FLAGS[flag])
    return {"path": path, **dict(flags)}


def _read_secrets(value: object) -> dict[str, Any]:
    return {name: _read_secret(each) for name, each in _named(value).items()}


def _read_secret(value: object) -> object:
    if not isinstance(value, str):
        return _plain(value)
    secret, colon, key = value.partition(":")
    if not colon:
        # Not repeated: people write the secret itself here.
        raise ValueError(
            "Write where the value is kept as secret:key, the name of a Secret of the "
            "project and a key in it; never the value itself."
        )
    return {"secret": secret, "key": key}


def _read_restart(value: object) -> object:
    match value:
        case False | 0 | "off" | "0":
            return None
        case True:
            return {}
        case int():
            return {"limit": value}
        case str():
            limit, _, rest = value.partition(",")
            if not limit.strip().isdecimal() or rest.strip() not in {
                "",
                "script-failures",
            }:
                raise ValueError(
                    "Write how often, such as 3, or 3,script-failures, or off."
                )
            return {"limit": int(limit), "include_script_failures": bool(rest)}
        case _:
            return _plain(value)


def _read_minutes(value: object) -> object:
    if isinstance(value, timedelta):
        return round(value.total_seconds() / 60)
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError("Write a time such as 30m, 2h or 1d.")
    return int(match[1]) * _MINUTES[match[2]]


def _named(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("Give a value for each name, such as {'name': value}.")  # noqa: TRY004 - a fault of a field
    return value


def _listed(value: object) -> Iterable[object]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ValueError("Give a list.")  # noqa: TRY004 - a fault of a field
    return value


_READERS: dict[str, Callable[[object], object]] = {
    "arguments": _read_arguments,
    "command": _read_arguments,
    "env": _read_variables,
    "environment": _read_environment,
    "flags": _read_flags,
    "hyperparameters": _read_settings,
    "inputs": _read_data_paths,
    "hold_on_failure_minutes": _read_minutes,
    "outputs": _read_data_paths,
    "restart": _read_restart,
    "roles": _read_roles,
    "secrets": _read_secrets,
}
