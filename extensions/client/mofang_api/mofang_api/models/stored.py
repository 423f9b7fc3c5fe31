"""Read a specification that was admitted once, whatever the rules are now.

A request is validated; what was admitted is not validated again. A job that another
version of the service admitted stays visible and runs on: a field that this version
does not know is passed over, and a value that it would refuse is kept. Only a value of
another shape, a text where a number is due, cannot be kept: the field's default stands
for it then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mofang_api.models.enums import OpenEnum
from mofang_api.models.resources import Resources
from mofang_api.models.spec import JobSpec
from mofang_api.quantities import parse_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpec:
    """A specification as it was read."""

    spec: JobSpec
    unknown: tuple[str, ...] = ()
    """Names of the fields whose values this version does not know."""

    @property
    def is_understood(self) -> bool:
        """Whether a job that is made of it would be the job that was asked for."""
        return not self.unknown


def read_spec(content: Mapping[str, Any]) -> StoredSpec:
    """Read a specification from its JSON object, without the rules for requests."""
    unknown: list[str] = []
    spec: JobSpec = _model_reader(JobSpec)(dict(content), unknown)
    return StoredSpec(spec=spec, unknown=tuple(unknown))


class _ShapeError(Exception):
    """The value is of another shape than the field."""


_Read = Callable[[Any, list[str]], Any]
"""Takes a value of JSON, and a list to which it adds names of unknown fields."""


@cache
def _model_reader(model: type[BaseModel]) -> _Read:
    fields = {
        name: (_field_reader(model, name), field.is_required())
        for name, field in model.model_fields.items()
    }

    def read(value: Any, unknown: list[str]) -> BaseModel:
        if not isinstance(value, dict):
            raise _ShapeError
        known: dict[str, Any] = {}
        for name, (read_field, is_required) in fields.items():
            if name in value:
                try:
                    known[name] = found = read_field(value[name], unknown)
                except _ShapeError:
                    unknown.append(name)
                else:
                    if isinstance(found, OpenEnum) and not found.is_known:
                        unknown.append(name)
            if is_required:
                # All of them are texts.
                known.setdefault(name, "")
        return model.model_construct(**known)

    return read


def _field_reader(model: type[BaseModel], name: str) -> _Read:
    if model is Resources and name in {"cpu", "memory"}:
        return _read_quantity
    return _reader(model.model_fields[name].annotation)


def _reader(kind: Any) -> _Read:
    """Return what reads values of a type."""
    generic = _GENERIC.get(get_origin(kind))
    if generic is not None:
        return generic(get_args(kind))
    if issubclass(kind, BaseModel):
        return _model_reader(kind)
    return _choice_reader(kind) if issubclass(kind, OpenEnum) else _scalar_reader(kind)


def _scalar_reader(kind: type) -> _Read:
    # JSON writes 1.0 as 1, and Python takes True for an int.
    accepted = (int, float) if kind is float else (kind,)

    def read(value: Any, _: list[str]) -> Any:
        if type(value) not in accepted:
            raise _ShapeError
        return value

    return read


def _choice_reader(kind: type[OpenEnum]) -> _Read:
    def read(value: Any, _: list[str]) -> OpenEnum:
        if not isinstance(value, str):
            raise _ShapeError
        return kind.read(value)

    return read


def _read_quantity(value: Any, _: list[str]) -> str:
    try:
        parse_quantity(value)
    except (TypeError, ValueError):
        raise _ShapeError from None
    return str(value)


def _list_reader(arguments: tuple[Any, ...]) -> _Read:
    read_item = _reader(arguments[0])

    def read(value: Any, unknown: list[str]) -> list[Any]:
        if not isinstance(value, list):
            raise _ShapeError
        return [read_item(each, unknown) for each in value]

    return read


def _dict_reader(arguments: tuple[Any, ...]) -> _Read:
    read_value = _reader(arguments[1])

    def read(value: Any, unknown: list[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _ShapeError
        return {name: read_value(each, unknown) for name, each in value.items()}

    return read


def _union_reader(arguments: tuple[Any, ...]) -> _Read:
    readers = [_reader(each) for each in arguments]

    def read(value: Any, unknown: list[str]) -> Any:
        for each in readers:
            try:
                return each(value, unknown)
            except _ShapeError:
                continue
        raise _ShapeError

    return read


_GENERIC: Mapping[Any, Callable[[tuple[Any, ...]], _Read]] = {
    Annotated: lambda arguments: _reader(arguments[0]),
    Union: _union_reader,
    UnionType: _union_reader,
    list: _list_reader,
    dict: _dict_reader,
}
