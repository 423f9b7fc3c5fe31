import re
import shlex
from pathlib import Path

import mofang as package
from mofang.specfile import read_spec_file
from mofang_api.models import Framework

README = Path(package.__file__).parents[1] / "README.md"
EXAMPLES = Path(package.__file__).parents[4] / "images" / "examples"


def shown_commands(verb: str) -> list[list[str]]:
    lines = re.findall(rf"^\$ mofang ({verb} .*)$", README.read_text(), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_the_examples_of_every_framework_are_accepted_and_there(mofang, service):
    commands = [each for each in shown_commands("submit") if "--spec" not in each]
    for command in commands:
        arguments = [word for word in command if word != "--follow"]
        result = mofang(*arguments)
        assert result.exit_code == 0, (arguments, result.output)
    specs = [job.spec for job in service.jobs.values()]
    assert {spec.framework for spec in specs} == set(Framework)
    scripts = {spec.script for spec in specs} - {"train.py"}
    assert [script for script in scripts if not (EXAMPLES / script).is_file()] == []


def test_the_file_of_the_manual_can_be_submitted(mofang, service, tmp_path):
    [content] = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    path = tmp_path / "job.yaml"
    path.write_text(content)
    assert read_spec_file(path)
    assert mofang("submit", "--spec", str(path), "--set", "lr=0.2").exit_code == 0
    [job] = service.jobs.values()
    assert job.spec.hyperparameters == {"lr": 0.2, "epochs": 3}


def test_every_option_of_the_manual_exists(mofang):
    known = set(re.findall(r"--[a-z-]+", mofang("submit", "--help").output))
    table = re.findall(r"^\| `.*\| `(--.*?)\|", README.read_text(), re.MULTILINE)
    said = set(
        re.findall(r"(?<![\w`'-])--[a-z-]+", " ".join(f" {row}" for row in table))
    )
    assert said
    assert said <= known
