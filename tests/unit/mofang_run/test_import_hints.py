"""What is said of an import that fails though the module lies beside the script."""

import pytest

from mofang_run.process.termination_message import choose_termination_message

RELATIVE = "from .config import VALUE"
ABSOLUTE = "from pkg.config import VALUE"


@pytest.fixture
def proj(wrapper):
    """A package with a script in it, a script beside it, and a folder that is none."""
    for file, text in {
        "pkg/__init__.py": "",
        "pkg/config.py": "VALUE = 1",
        "pkg/relative.py": RELATIVE,
        "pkg/absolute.py": ABSOLUTE,
        "scripts/beside.py": ABSOLUTE,
        "absent/train.py": "import absent.surely",
    }.items():
        path = wrapper.home / "proj" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return wrapper.home / "proj"


def as_module(module, proj):
    return f"as a module, `python -m {module}` with the working directory {proj}."


@pytest.mark.parametrize("framework", ["single", "pytorch"])
def test_a_script_inside_a_package_is_told_how_it_is_run(wrapper, proj, framework):
    code, output = wrapper(str(proj / "pkg/absolute.py"), framework=framework)
    assert code == 1
    assert (
        f"Python does not look for pkg in {proj}, where it is: set the variable "
        f"PYTHONPATH={proj} of the job, or run the script "
        f"{as_module('pkg.absolute', proj)}"
    ) in output


def test_a_relative_import_is_told_the_module(wrapper, proj):
    _, output = wrapper(str(proj / "pkg/relative.py"))
    assert (
        "Python does not know the package of relative.py, which was run as a file"
        in (output)
    )
    assert f"run it {as_module('pkg.relative', proj)}" in output


def test_a_package_beside_the_scripts_is_found(wrapper, proj):
    _, output = wrapper(str(proj / "scripts/beside.py"))
    assert f"Python does not look for pkg in {proj}, where it is" in output


def test_with_the_advice_it_runs(wrapper, proj):
    script = str(proj / "pkg/absolute.py")
    code, output = wrapper(script, framework="single", PYTHONPATH=str(proj))
    assert code == 0, output


def test_a_folder_that_is_no_package_is_not_taken_for_the_missing_one(wrapper, proj):
    """``~/absent/train.py`` that imports a package called absent, not installed."""
    code, output = wrapper(str(proj / "absent/train.py"))
    assert code == 1
    assert "Python does not look" not in output


def test_the_advice_is_kept_behind_what_torchrun_says():
    ours = b"[Mofang] Python does not look for pkg.\n[Mofang] worker-0 ended.\n"
    failure = (
        b"E1 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1)"
    )
    tail = b"ModuleNotFoundError: x\n" + failure + b" local\n" + b"more\n" * 999 + ours
    assert choose_termination_message(tail).endswith(b"(exitcode: 1)\n" + ours)
