"""What pages show can be typed: commands exist, values fit, programs compile."""

import argparse
import ast
import inspect
import json
import re
import shlex

import click
import jsonschema
import pytest
import yaml

import mofang
from mofang.cli.app import app
from mofang.cli.ssh_commands import WithCommand
from mofang.notebook.magic import _list_options, _options
from mofang.options import RerunOptions, SubmitOptions
from mofang.specfile import read_spec_file
from mofang_docs.chart import CHART, REPOSITORY
from mofang_images.cli import _parser as images_parser
from mofang_local.__main__ import parser as local_parser
from mofang_run.environments import cli as environment_cli
from support import markdown

BLOCKS = [
    block
    for path in markdown.files()
    if path.is_relative_to(markdown.PAGES) or path.parent == REPOSITORY
    for block in markdown.blocks(path)
]
SHELL = {"sh", "bash", "console"}

EXTERNAL = {
    *("apt-get", "chmod", "chown", "code", "curl", "docker", "eval", "export", "find"),
    *("cosign", "unset"),
    *("go", "grep", "helm", "istioctl", "kind", "kubectl", "mkdir", "pip", "python3"),
    *("jq", "openssl", "skopeo", "ssh", "sudo", "cd", "base64", "./x", "sqlite3"),
    *("ceph", "cut", "ln", "mount", "mv", "rmdir", "rsync", "sed", "tar", "xargs"),
}
"""Programs of others. Paths of the repository among their words must exist."""

SEPARATORS = {"&&", "||", "|", ";"}
REDIRECTIONS = {">", ">>", "<"}


def of(*languages):
    found = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=lambda block: block.name)


def commands(block):
    """Yield the commands of a block, each as its words."""
    text = block.text.replace("\\\n", " ")
    lines = text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        yield from simple_commands(line)


def simple_commands(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    command, before = [], ""
    for word in [*lexer, ";"]:
        is_file = before in REDIRECTIONS
        before = word
        if is_file or word in REDIRECTIONS:
            continue
        if word in SEPARATORS:
            if command:
                yield command
            command = []
        else:
            command.append(word)


def check_command(arguments):
    """Refuse words that none of the programs shown would take."""
    while arguments and re.fullmatch(r"[A-Z_]+=.*", arguments[0]):
        arguments = arguments[1:]
    if not arguments:
        return
    program, *rest = arguments
    module = module_of(arguments)
    if program == "mofang":
        parse_mofang(rest)
    elif program == "mofang-environment":
        told = inspect.getdoc(environment_cli)
        assert rest[0] in re.findall(r"^mofang-environment (\w+)", told, re.MULTILINE)
    elif program == "make":
        check_make(rest)
    elif module is not None:
        check_module(*module)
    else:
        known = program in EXTERNAL or program.startswith("/opt/mofang-tools/")
        assert known, arguments
        check_paths(rest)


def module_of(arguments):
    if arguments[0].endswith("python") and arguments[1:2] == ["-m"]:
        return arguments[2], arguments[3:]
    return None


def check_module(module, arguments):
    parsers = {"mofang_images": images_parser, "mofang_local": local_parser}
    if module in parsers and arguments[:1] != ["kubectl"]:
        parse_quietly(parsers[module](), arguments)
    else:
        known = {
            "mofang_local",
            "pytest",
            "venv",
            "tests.bare",
            "mofang_jobs.api.openapi",
        }
        assert module in known, module


def parse_quietly(parser, arguments):
    parser.error = refuse
    for action in parser._subparsers._group_actions:
        for each in action.choices.values():
            each.error = refuse
    parser.parse_args(arguments)


def refuse(message):
    raise argparse.ArgumentTypeError(message)


def parse_mofang(arguments):
    """Parse as click does, without doing anything."""
    context = app.make_context("mofang", list(arguments))
    name, *rest = [*context._protected_args, *context.args]
    command = app.get_command(context, name)
    assert command is not None, name
    if isinstance(command, WithCommand):
        assert rest, arguments
    # Outside of the platform, and without asking anybody for anything.
    command.make_context(name, rest, parent=context)


def check_make(arguments):
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z.][\w./-]*):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) [?:]?=", makefile, re.MULTILINE))
    for word in arguments:
        name, equals, value = word.partition("=")
        if equals:
            assert name in variables, word
            check_paths(value.split())
        else:
            assert name in targets, word


def check_paths(arguments):
    for word in arguments:
        if word.startswith(("helm/", "docs/", "images/", "extensions/")):
            assert (REPOSITORY / word).exists(), word


@of(*SHELL)
def test_commands_exist_and_take_what_is_shown(block):
    found = list(commands(block))
    assert found
    for arguments in found:
        check_command(arguments)


@pytest.mark.parametrize(
    "line",
    [
        "mofang sumbit train.py",
        "mofang submit train.py --replica 2",
        "mofang submit --framework caffe train.py",
        "make upp",
        "make up CLUSTRE=current",
        ".venv/bin/python -m mofang_images pull x",
        "frobnicate",
        "kubectl apply -f helm/mofang/crd",
        "mofang-environment undo",
    ],
)
def test_what_does_not_exist_would_be_noticed(line):
    with pytest.raises((AssertionError, click.UsageError, argparse.ArgumentTypeError)):
        check_command(*simple_commands(line))


def merged(below, above):
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {
        name: merged(below[name], above[name])
        if name in below and name in above
        else above.get(name, below.get(name))
        for name in {**below, **above}
    }


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def check_values(values):
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(merged(read(CHART / "values.yaml"), values), schema)
    for name, spec in (values.get("projects") or {}).items():
        check_resource("Project", {"metadata": {"name": name}, "spec": spec})
    catalogue = {
        path.stem: read(path)["spec"]
        for path in (REPOSITORY / "images" / "catalog").glob("*.yaml")
    }
    for name, change in (values.get("environments") or {}).items():
        if change is not None:
            spec = merged(catalogue.get(name, {}), change)
            check_resource("Environment", {"metadata": {"name": name}, "spec": spec})


def check_resource(kind, body):
    definition = read(CHART / "crds" / f"{kind.lower()}s.mofang.dev.yaml")
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    jsonschema.validate(body, closed(schema))


def closed(schema):
    """Return a schema that refuses fields which the API server would prune."""
    found = {name: each for name, each in schema.items() if not name.startswith("x-")}
    if "properties" in found:
        found["properties"] = {
            name: each if name == "metadata" else closed(each)
            for name, each in found["properties"].items()
        }
        found.setdefault("additionalProperties", False)
    if isinstance(found.get("items"), dict):
        found["items"] = closed(found["items"])
    if schema.get("x-kubernetes-int-or-string"):
        # YAML writes some quantities as numbers.
        found = {"type": ["integer", "number", "string"]}
    return found


@of("yaml")
def test_yaml_fits_its_schema(block, tmp_path):
    content = yaml.safe_load(block.text)
    if block.title == "values.yaml":
        check_values(content)
    elif block.title:
        path = tmp_path / "job.yaml"
        path.write_text(block.text)
        assert block.title == "job.yaml"
        assert read_spec_file(path)
    elif str(content.get("apiVersion", "")).startswith("mofang.dev/"):
        check_resource(content["kind"], without_status(content))
    else:
        assert {"apiVersion", "kind"} <= set(content)


def without_status(content):
    return {name: each for name, each in content.items() if name != "status"}


@pytest.mark.parametrize(
    "path",
    sorted(markdown.PAGES.rglob("values.yaml")),
    ids=lambda path: path.parent.name,
)
def test_files_of_values_fit_the_schema(path):
    check_values(read(path))


@pytest.mark.parametrize(
    "values",
    [
        {"auth": {"methode": "oauth"}},
        {"projects": {"vision": {"displayName": "V", "quotas": {}}}},
        {"environments": {"x": {"displayName": "X", "image": "x", "color": "red"}}},
    ],
    ids=str,
)
def test_values_that_do_not_exist_would_be_noticed(values):
    with pytest.raises(jsonschema.ValidationError):
        check_values(values)


def check_program(text):
    """Refuse what does not compile, or names what ``mofang`` does not have."""
    tree = ast.parse(text)
    compile(tree, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_name(node.value, "mofang"):
            assert hasattr(mofang, node.attr), f"mofang.{node.attr}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            check_call(node)


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def check_call(call):
    function = call.func
    if not (isinstance(function, ast.Attribute) and is_name(function.value, "mofang")):
        return
    said = {each.arg for each in call.keywords if each.arg}
    known = set(inspect.signature(getattr(mofang, function.attr)).parameters)
    if "options" in known:
        known |= set(SubmitOptions.__annotations__)
    if "changes" in known:
        known |= set(RerunOptions.__annotations__)
    if not known & {"given", "values", "wanted"}:
        assert said <= known, (function.attr, said - known)


@of("python")
def test_programs_compile_and_use_what_there_is(block):
    first, _, rest = block.text.partition("\n")
    if first.startswith("%%mofang"):
        arguments = shlex.split(first.removeprefix("%%mofang"))
        _options.make_context("%%mofang", arguments)
        check_program(rest)
    else:
        check_program(block.text)


@pytest.mark.parametrize(
    "text",
    ["mofang.sumbit('x')", "mofang.submit('x', replica=2)", "mofang.job("],
)
def test_a_program_that_cannot_work_would_be_noticed(text):
    with pytest.raises((AssertionError, SyntaxError)):
        check_program(text)


def test_the_magics_of_the_table_take_what_it_shows():
    page = (markdown.PAGES / "users" / "magics.md").read_text()
    for arguments in re.findall(r"`%mofang_jobs ([^`]*)`", page):
        _list_options.make_context("%mofang_jobs", shlex.split(arguments))


def test_options_of_the_table_exist_in_python_and_on_the_command_line():
    page = (markdown.PAGES / "users" / "python.md").read_text()
    rows = re.findall(r"^\| (`\w+=.*) \| (`--.*) \|$", page, re.MULTILINE)
    assert len(rows) > 15
    submit = app.get_command(click.Context(app), "submit")
    options = {name for each in submit.params for name in each.opts}
    for python, shell in rows:
        call = f"mofang.submit('x', {', '.join(re.findall('`([^`]+)`', python)[:1])})"
        check_program(call)
        assert set(re.findall(r"--[a-z-]+", shell)) <= options, shell
