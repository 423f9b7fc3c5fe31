import json
import os
import sys

import pytest

from mofang_run.job.program import NOTEBOOK_RUNNER

PAPERMILL = "import json, sys; print('PAPERMILL', json.dumps(sys.argv[1:]), flush=True)"


KERNELS = """
class KernelSpecManager:
    def find_kernel_specs(self):
        return {"python3": "/opt/python3", "torch": "/opt/torch"}
"""

NOTEBOOK = '{"metadata": {"kernelspec": {"name": "python3"}}}'
OTHER_KERNEL = ["--kernel", "python3", "--language", "python"]


def papermill_arguments(output: str) -> list[list[str]]:
    return [
        json.loads(line.removeprefix("PAPERMILL "))
        for line in output.splitlines()
        if line.startswith("PAPERMILL ")
    ]


@pytest.fixture
def notebook(wrapper):
    package = wrapper.packages / "papermill"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PAPERMILL)
    jupyter = wrapper.packages / "jupyter_client"
    jupyter.mkdir()
    (jupyter / "__init__.py").touch()
    (jupyter / "kernelspec.py").write_text(KERNELS)
    return wrapper.script(NOTEBOOK, "train.ipynb")


def test_a_notebook_is_run_with_its_parameters_and_kept_in_the_home(wrapper, notebook):
    parameters = {"lr": 1e-05, "name": "12", "fast": True}
    code, output = wrapper(
        notebook, framework="single", MOFANG_HYPERPARAMETERS=json.dumps(parameters)
    )
    assert code == 0, output
    kept = wrapper.home / ".mofang" / "notebooks" / "worker-0.ipynb"
    assert papermill_arguments(output) == [
        [
            *("./train.ipynb", str(kept)),
            *("--cwd", str(wrapper.home), "--log-output", "--no-progress-bar"),
            # As Python reads it, and as the text it is.
            *("-p", "lr", "1e-05", "-r", "name", "12", "-p", "fast", "True"),
        ]
    ]


@pytest.mark.parametrize("rank", ["RANK", "OMPI_COMM_WORLD_RANK"])
def test_only_rank_0_keeps_the_notebook(wrapper, notebook, rank):
    _, output = wrapper(notebook, framework="single", **{rank: "1"})
    assert papermill_arguments(output)[0][1] == os.devnull


def test_only_the_first_replica_of_its_role_keeps_the_notebook(wrapper, notebook):
    _, output = wrapper(
        notebook, framework="single", MOFANG_ROLE_REPLICAS="2", MOFANG_REPLICA_INDEX="1"
    )
    assert papermill_arguments(output)[0][1] == os.devnull


def test_torchrun_runs_notebooks_too(wrapper, notebook):
    code, output = wrapper(notebook)
    assert code == 0, output
    assert NOTEBOOK_RUNNER in output
    assert len(papermill_arguments(output)) == 1


def test_an_image_without_papermill_is_told(wrapper):
    script = wrapper.script("{}", "train.ipynb")
    empty = wrapper.packages / "papermill"
    empty.mkdir()
    code, output = wrapper(script, framework="single", flags=(), python=sys.executable)
    assert code == 127
    assert "needs the package papermill" in output


def test_a_notebook_takes_no_arguments(wrapper, notebook):
    code, output = wrapper(notebook, "--epochs", "3", framework="single")
    assert code == 126
    assert "notebooks take hyper-parameters" in output


@pytest.mark.parametrize(
    ("metadata", "options"),
    [
        pytest.param({"kernelspec": {"name": "torch"}}, [], id="there"),
        pytest.param({"kernelspec": {"name": "Python3"}}, [], id="in capitals"),
        pytest.param({}, OTHER_KERNEL, id="none"),
        pytest.param({"kernelspec": None}, OTHER_KERNEL, id="null"),
        pytest.param(
            {"kernelspec": {"name": "my-env", "language": "python"}},
            OTHER_KERNEL,
            id="not there",
        ),
        pytest.param(
            {"kernelspec": {"name": "x"}, "language_info": {"name": "python"}},
            OTHER_KERNEL,
            id="language apart",
        ),
    ],
)
def test_a_notebook_without_a_kernel_of_the_image_is_run_by_python3(
    wrapper, notebook, metadata, options
):
    wrapper.script(json.dumps({"metadata": metadata}), "train.ipynb")
    code, output = wrapper(notebook, framework="single")
    assert code == 0, output
    assert papermill_arguments(output)[0][6:] == options
    name = (metadata.get("kernelspec") or {}).get("name")
    assert (f"has no kernel {name}" in output) == bool(options and name)


def test_a_notebook_of_another_language_is_refused(wrapper, notebook):
    metadata = {"kernelspec": {"name": "ir", "language": "R"}}
    wrapper.script(json.dumps({"metadata": metadata}), "train.ipynb")
    code, output = wrapper(notebook, framework="single")
    assert code == 127
    assert "needs the kernel ir, which this image does not have" in output
