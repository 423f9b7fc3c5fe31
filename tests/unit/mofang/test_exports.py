import subprocess
import sys
from pathlib import Path

import pytest

import mofang
from mofang import errors


def test_every_exported_name_is_there():
    for name in mofang.__all__:
        assert getattr(mofang, name) is not None
    assert set(mofang.__all__) <= set(dir(mofang))


def test_a_name_that_is_not_offered_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="no attribute 'spawn'"):
        mofang.spawn  # noqa: B018


def test_every_error_is_a_mofang_error_and_exported():
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.MofangError)
    }
    assert kinds == {name for name in mofang.__all__ if name.endswith("Error")}


def test_importing_mofang_imports_nothing_heavy():
    """The wrapper starts in every container, and notebooks load us by default."""
    code = "import sys, mofang; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert not loaded & {"httpx", "pydantic", "click", "rich", "IPython"}


def test_the_package_tells_type_checkers_that_it_is_typed():
    assert (Path(mofang.__file__).parent / "py.typed").exists()
