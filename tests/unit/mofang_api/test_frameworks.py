"""The declarations of frameworks, and what is made from them."""

import importlib.util
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mofang_api import frameworks
from mofang_api.frameworks import FRAMEWORKS, declaration_of
from mofang_api.models import Framework, role_rules

REPOSITORY = Path(frameworks.__file__).parents[5]
WRITER = REPOSITORY / "extensions" / "client" / "write_frameworks.py"
CATALOG = REPOSITORY / "images" / "catalog"
EXAMPLES = REPOSITORY / "images" / "examples"

each_framework = pytest.mark.parametrize(
    "declaration", FRAMEWORKS.values(), ids=lambda each: each.name
)


def test_what_is_made_from_them_is_up_to_date():
    """Run extensions/client/write_frameworks.py after a change of a framework."""
    done = subprocess.run(
        [sys.executable, str(WRITER), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_frameworks_are_in_the_order_that_people_see():
    names = ["pytorch", "tensorflow", "horovod", "mpi"]
    names += ["xgboost", "spark", "ray", "single"]
    assert [each for each in FRAMEWORKS if each in names] == names
    assert list(FRAMEWORKS)[-1] == "single"
    assert len({each.order for each in FRAMEWORKS.values()}) == len(FRAMEWORKS)
    assert [str(each) for each in Framework] == list(FRAMEWORKS)


@each_framework
def test_its_module_is_called_like_it(declaration):
    assert importlib.util.find_spec(f"mofang_api.frameworks.{declaration.name}")


@each_framework
def test_its_roles_fit_together(declaration):
    names = [rule.name for rule in declaration.roles]
    assert len(set(names)) == len(names)
    assert sum(rule.primary for rule in declaration.roles) == 1
    assert declaration.leader in names
    assert declaration.success_role in {None, *names}
    for rule in declaration.roles:
        assert 0 <= rule.min_replicas <= rule.max_replicas
        assert (
            rule.primary
            or rule.min_replicas <= rule.default_replicas <= rule.max_replicas
        )
        assert rule.required_by in {"", *names}


@each_framework
def test_its_variables_can_be_filled_in(declaration):
    known = {"leader_host": "h", "port": "1", "replicas": "2", "rank": "0"}
    for template in declaration.variables.values():
        assert template.format_map(known)
        assert "{port}" not in template or declaration.port


@each_framework
def test_its_environment_runs_its_examples(declaration):
    environment = yaml.safe_load(
        (CATALOG / f"{declaration.environment}.yaml").read_text()
    )
    assert declaration.name in environment["spec"]["frameworks"]
    assert declaration.examples
    for example in declaration.examples:
        assert (EXAMPLES / example.script).is_file()
        assert example.script.split("/")[0] == declaration.name
        assert shlex.split(example.options)


def test_a_framework_of_a_newer_version_has_workers_alone():
    [rule] = declaration_of("abacus").roles
    assert (rule.name, rule.min_replicas, rule.primary) == ("worker", 0, True)
    assert role_rules(Framework.read("abacus")) == (rule,)
