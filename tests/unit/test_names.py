"""Names hold no word that the glossary replaced, and mean one thing.

The words stand in the second table of ``docs/contributors/glossary.md``. Checked are
modules, functions, classes, parameters, attributes and module-level names of Python and
the declarations of TypeScript, in production code and in tests, and what others read:
fields, choices, labels and annotations. Not checked are the names of test functions,
which are sentences, variables of one function, which nobody else reads, and the scripts
in ``tests/data``, which stand for those of other people.
"""

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from pydantic import BaseModel

from mofang_api.models.enums import OpenEnum
from mofang_kube import names as kube_names

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "contributors" / "glossary.md"
HEADING = "## Words that may not come back"

ALLOWED = {
    "look_up": "dictionaries and DNS are looked up",
    "in_place": "code that is used where it is, without a copy",
    "shell_words": "what POSIX calls the arguments of a command line",
    "focus_keeper": "it keeps the focus of a browser, and controls nothing",
    "tests/support/needs.py": "what each target of the Makefile needs of the machine",
    "tests/unit/support/test_needs.py": "its test",
}
"""Parts of names, and files, that are right nevertheless; with why."""

SAME_NAMES = {
    ("mofang_training", "mofang_jobs"): "the extension forwards each request to the "
    "service's handler of the same name",
    ("mofang", "mofang_kube"): "errors of the client have the meaning and HTTP status "
    "of the control plane's",
    ("mofang_projects", "mofang_spawner"): "both read the same custom resources, each "
    "the fields that it uses",
    ("mofang_api", "mofang_spawner"): "the API's view of a custom resource",
    ("mofang_api", "mofang_jobs"): "the name of an engine, and what it does",
    ("mofang", "mofang_jobs"): "the client's model of the service's answer",
    ("mofang_run", "mofang_jobs"): "one writes what the other reads",
    ("mofang_cloudshell", "mofang_training"): "both extensions refuse for one reason",
    ("mofang_files", "mofang_tensorboard"): "both extensions refuse for one reason",
}
"""Packages whose classes of one name stand for the same thing; with why."""

TOOLS = {"mofang_local", "mofang_images", "mofang_docs"}
"""Programs for the command line of a developer, which share nothing with the rest."""

PER_PROGRAM = {
    "Plan": "of packages in a virtual environment, and of images to build",
    "StartError": "of TensorBoard, of a server: each program's own error tree",
    "TooManyError": "of TensorBoards, of requests: each program's own error tree",
    "Platform": "the command line's connection; only tools have another",
}

MANY = 3
"""So many parameters need a section of their own in the docstring."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DECLARATION = re.compile(
    r"\b(?:function|class|interface|type|enum)\s+([A-Za-z_$][\w$]*)"
    r"|^(?:export )?(?:const|let)\s+([A-Za-z_$][\w$]*)"
    r"|^  (?:(?:private|public|protected|readonly|static|async|get|set|abstract)\s+)*"
    r"([A-Za-z_$][\w$]*)\??(?:<[^>]*>)?\s*(?:\(|:)",
    re.MULTILINE,
)
_DOCUMENTED_ELSEWHERE = r"override|overload|command|group|authenticated"
"""Decorators of functions that are described elsewhere, such as by their command."""

_NOT_NAMES = {"if", "for", "while", "switch", "catch", "return", "constructor"}


@dataclass(frozen=True)
class Replaced:
    """A part of names, or a whole name, with what is said instead."""

    text: str
    is_whole: bool
    instead: str


def split(name: str) -> str:
    """Return the parts of a name, in lower case, between underscores: ``_a_b_``."""
    return f"_{'_'.join(part.lower() for part in _PARTS.findall(name))}_"


def read_table(text: str) -> list[Replaced]:
    rows = re.findall(r"^\| (.+) \| (.+) \|$", text.partition(HEADING)[2], re.MULTILINE)
    return [
        Replaced(word.strip("`") if "`" in word else split(word), "`" in word, instead)
        for replaced, instead in rows[1:]
        for word in replaced.split(", ")
    ]


TABLE = read_table(GLOSSARY.read_text(encoding="utf-8"))


@cache
def complaint(name: str) -> str:
    """Return which word of a name was replaced by what, or an empty string."""
    parts, plain = split(name), name.strip("_")
    for allowed in ALLOWED:
        parts = parts.replace(f"_{allowed}_", "_")
    for word in TABLE:
        if plain == word.text.strip("_") if word.is_whole else word.text in parts:
            return f"{name}: say {word.instead}, not {word.text.strip('_')}"
    return ""


@dataclass
class Facts:
    """What the tests read of a module; without its tree, which is large."""

    names: list[tuple[int, str]]
    """With their lines, of all that others than one function can read."""

    classes: list[str]
    imports: set[str]
    functions: list[tuple[str, tuple[str, ...], bool]]
    """Public functions with their parameters, and whether ``Args:`` are needless."""


def read_python(source: str) -> Facts:
    module = ast.parse(source)
    facts = Facts(list(_assigned(module.body)), [], set(), list(_functions(module)))
    facts.classes += (node.name for node in module.body if type(node) is ast.ClassDef)
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if not node.name.startswith("test_"):
                    facts.names.append((node.lineno, node.name))
            case ast.ClassDef():
                facts.names += [(node.lineno, node.name), *_assigned(node.body)]
            case ast.arg():
                facts.names.append((node.lineno, node.arg))
            case ast.Attribute(ctx=ast.Store()):
                facts.names.append((node.lineno, node.attr))
            case ast.ImportFrom():
                facts.imports.add(node.module or "")
    return facts


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from ((p.lineno, p.id) for p in parts if isinstance(p, ast.Name))


def _functions(
    module: ast.Module | ast.ClassDef,
) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    for node in module.body:
        if isinstance(node, ast.Expr | ast.Assign) or getattr(
            node, "name", "_"
        ).startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _functions(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = [each.arg for each in given if each.arg not in {"self", "cls"}]
            names += [node.args.vararg.arg] if node.args.vararg else []
            decorators = " ".join(ast.unparse(each) for each in node.decorator_list)
            is_elsewhere = re.search(_DOCUMENTED_ELSEWHERE, decorators) is not None
            has_section = "Args:" in (ast.get_docstring(node) or "")
            yield node.name, tuple(names), has_section or is_elsewhere


def typescript_names(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of functions, types, members and module-level names."""
    for match in _DECLARATION.finditer(source):
        name = next(filter(None, match.groups()))
        if name not in _NOT_NAMES:
            yield source.count("\n", 0, match.start()) + 1, name


def sources() -> list[str]:
    """Return the paths of all sources, those included that are not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [
        line
        for line in listed.stdout.splitlines()
        if line.endswith((".py", ".ts", ".tsx"))
        and not line.startswith("tests/data/")
        and (ROOT / line).exists()
    ]


@cache
def facts_of(path: str) -> Facts:
    return read_python((ROOT / path).read_text(encoding="utf-8"))


def complaints(path: str) -> Iterator[str]:
    """Yield a line for each name in a file that holds a replaced word."""
    stem = Path(path).name.partition(".")[0]
    if path not in ALLOWED:
        file_name = stem.removeprefix("test_")
        if found := complaint(file_name) or complaint(f"{file_name}.py"):
            yield f"{path}: {found}"
    names = (
        facts_of(path).names
        if path.endswith(".py")
        else typescript_names((ROOT / path).read_text(encoding="utf-8"))
    )
    for line, name in names:
        if found := complaint(name):
            yield f"{path}:{line}: {found}"


def test_names_hold_no_replaced_word():
    found = [each for path in sources() for each in complaints(path)]

    assert not found, "\n".join(found)


def subclasses(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


def wire_names() -> Iterator[str]:
    """Yield fields and choices of the API, and labels and annotations of objects."""
    for model in subclasses(BaseModel):
        if model.__module__.partition(".")[0] == "mofang_api":
            yield from model.model_json_schema()["properties"]
    for enum in subclasses(OpenEnum):
        yield from enum
    for value in vars(kube_names).values():
        if isinstance(value, str) and value.startswith(f"{kube_names.GROUP}/"):
            yield value.partition("/")[2]


def test_fields_choices_and_labels_hold_no_replaced_word():
    assert sorted({found for name in wire_names() if (found := complaint(name))}) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def _tell_owner(): ...", "tell"),
        ("def report(*, told=''): ...", "told"),
        ("class JobSeen: ...", "seen"),
        ("class A:\n    sentence: str", "sentence"),
        ("def f(self):\n    self._places = 1", "places"),
        ("LOOK_SECONDS = 2", "look"),
        ("def is_let_in(): ...", "let_in"),
        ("class Board: ...", "Board"),
    ],
)
def test_a_replaced_word_would_be_found(source, word):
    found = [complaint(name) for _, name in read_python(source).names]

    assert [each.rpartition(" ")[2] for each in found if each] == [word]


def test_a_replaced_word_would_be_found_in_typescript():
    source = "export class A {\n  private _told = 1;\n  look(): void {}\n}\nconst x = 1"

    found = [complaint(name) for _, name in typescript_names(source)]
    assert [each for each in found if each] == [
        "look: say check, poll, refresh, not look"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def look_up(placement, replace, overlook): ...",
        "def f():\n    told = 1",
        "def test_what_is_told(): ...",
        "class Dashboard: ...",
    ],
)
def test_other_words_pass(source):
    assert not any(complaint(name) for _, name in read_python(source).names)


def modules() -> dict[str, str]:
    """Return the production modules by their dotted name."""
    found = {}
    for path in sources():
        parts = Path(path).with_suffix("").parts
        folders = [i for i, part in enumerate(parts[:-1]) if is_package(parts[: i + 1])]
        if path.endswith(".py") and parts[0] != "tests" and folders:
            inside = parts[folders[0] :]
            found[".".join(inside[:-1] if inside[-1] == "__init__" else inside)] = path
    return found


def is_package(folder: tuple[str, ...]) -> bool:
    return ROOT.joinpath(*folder, "__init__.py").exists()


def test_a_name_of_classes_has_one_meaning():
    classes = defaultdict(list)
    for module, path in modules().items():
        for name in facts_of(path).classes:
            if not name.startswith("_"):
                classes[name].append((module, facts_of(path).imports))

    found = [
        f"{name}: {one} and {other}"
        for name, places in classes.items()
        if name not in PER_PROGRAM
        for (one, by_one), (other, by_other) in combinations(places, 2)
        if one not in by_other
        and other not in by_one
        and not {top(one), top(other)} & TOOLS
        and not {(top(one), top(other)), (top(other), top(one))} & SAME_NAMES.keys()
    ]
    assert not found, "\n".join(found)


def top(module: str) -> str:
    return module.partition(".")[0]


def test_no_two_modules_differ_by_a_plural():
    names = {(top(module), module.rpartition(".")[2]): module for module in modules()}

    assert [
        (module, names[package, f"{name}s"])
        for (package, name), module in names.items()
        if (package, f"{name}s") in names
    ] == []


def undocumented(facts: Facts, documented: set[tuple[str, ...]]) -> list[str]:
    """Return the functions of many parameters whose docstring does not describe them.

    What implements a method is described where the method is declared.
    """
    return [
        name
        for name, parameters, is_described in facts.functions
        if not is_described
        and len([each for each in parameters if not each.startswith("_")]) >= MANY
        and (name, *parameters) not in documented
    ]


def test_functions_of_many_parameters_say_what_they_mean():
    facts = {path: facts_of(path) for path in modules().values()}
    documented = {
        (name, *parameters)
        for each in facts.values()
        for name, parameters, is_described in each.functions
        if is_described
    }

    found = {path: undocumented(each, documented) for path, each in facts.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_function_without_a_section_would_be_found():
    facts = read_python("def f(a, b, *c):\n    'Do.'\ndef g(a, b): ...")

    assert undocumented(facts, set()) == ["f"]
    assert undocumented(facts, {("f", "a", "b", "c")}) == []
