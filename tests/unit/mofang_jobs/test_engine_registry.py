"""No engine is forgotten: a module with one has its name and its line."""

from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from mofang_api.models import Engine as EngineName
from mofang_jobs import engines
from mofang_jobs.engines.base import Engine
from mofang_jobs.engines.registry import ENGINES


def declared() -> set[type[Engine]]:
    """Every engine of the modules beside the registry."""
    return {
        each
        for module in iter_modules(engines.__path__)
        for each in vars(import_module(f"{engines.__name__}.{module.name}")).values()
        if isinstance(each, type) and issubclass(each, Engine) and not isabstract(each)
    }


def test_each_engine_is_registered_once():
    assert declared() == {type(each) for each in ENGINES}
    assert len(declared()) == len(ENGINES)


def test_each_name_has_an_engine():
    assert {each.name for each in ENGINES} == set(EngineName)


def test_each_engine_has_kinds_of_its_own():
    for engine in ENGINES:
        assert engine.kinds
        assert {kind.engine for kind in engine.kinds} == {engine.name}
