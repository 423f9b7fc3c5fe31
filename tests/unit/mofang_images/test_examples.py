"""What can be known of the examples without their frameworks; clusters run them."""

import json

import pytest
import yaml

from .conftest import REPOSITORY

EXAMPLES = REPOSITORY / "images" / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*/*.py"))
CATALOG = [
    yaml.safe_load(path.read_text())
    for path in (REPOSITORY / "images" / "catalog").glob("*.yaml")
]
FRAMEWORKS = sorted({tag for each in CATALOG for tag in each["spec"]["frameworks"]})


def program_name(path):
    return path.relative_to(EXAMPLES).as_posix()


def test_every_environment_runs_single_programs():
    assert all("single" in each["spec"]["frameworks"] for each in CATALOG)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_framework_of_the_catalogue_has_an_example(framework):
    folder = EXAMPLES / framework

    assert list(folder.glob("*.py"))
    readme = (folder / "README.md").read_text()
    assert all(program.name in readme for program in folder.glob("*.py"))


def test_the_list_of_examples_names_each_folder():
    listed = (EXAMPLES / "README.md").read_text()

    folders = [each.name for each in EXAMPLES.iterdir() if each.is_dir()]
    assert all(f"`{folder}/`" in listed for folder in folders)


@pytest.mark.parametrize("program", PROGRAMS, ids=program_name)
def test_a_program_is_valid_and_says_what_it_does(program):
    compiled = compile(program.read_text(), program, "exec")

    assert "__doc__" in compiled.co_names


@pytest.mark.parametrize(
    "program",
    [each for each in PROGRAMS if "__main__" in each.read_text()],
    ids=program_name,
)
def test_a_program_takes_the_number_of_epochs(program):
    """Forms and presets set it without looking at which example it is."""
    assert '"--epochs", type=int, default=' in program.read_text()


def test_the_notebook_has_one_cell_of_parameters():
    """Papermill writes its values after the cell of this tag."""
    notebook = json.loads((EXAMPLES / "single" / "train.ipynb").read_text())
    tagged = [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    ]

    assert len(tagged) == 1
    assert "epochs = " in tagged[0]


def test_the_notebook_was_saved_without_results():
    notebook = json.loads((EXAMPLES / "single" / "train.ipynb").read_text())

    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and not cell["execution_count"] for cell in code)
