#!/usr/bin/env python3
"""Write what is made from the frameworks' declarations; with --check, only compare.

The wrapper may import nothing of ours, the form is TypeScript, and two pages are read
where they lie; all of them get from here what ``mofang_api.frameworks`` says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from mofang_api.declarations import FrameworkDeclaration
from mofang_api.frameworks import DEFAULT_FRAMEWORK, FRAMEWORKS, NOTEBOOK_FRAMEWORK

REPOSITORY = Path(__file__).resolve().parents[2]
WRAPPER = REPOSITORY / "extensions/client/mofang_run/mofang_run/job/declarations.py"
FORM = REPOSITORY / "extensions/training/src/model/frameworks.generated.ts"
CLIENT_README = REPOSITORY / "extensions/client/mofang/README.md"
EXAMPLES_README = REPOSITORY / "images/examples/README.md"

BEGIN = "<!-- Made by extensions/client/write_frameworks.py. -->\n"
END = "<!-- End of what is made. -->\n"

_COLUMNS = 80

_WRAPPER_HEAD = '''\
"""What the wrapper knows of each framework.

Made from ``mofang_api.frameworks`` by ``extensions/client/write_frameworks.py``: edit
there.
"""

from __future__ import annotations

from typing import NamedTuple


class Declaration(NamedTuple):
    """One framework; ``mofang_api.declarations`` says what the fields mean."""

    title: str
    port: int
    leader: str
    success_role: str
    environment: str
    variables: dict[str, str]


'''

_FORM_HEAD = """\
/**
 * What the form says of each framework.
 *
 * Made from mofang_api.frameworks by extensions/client/write_frameworks.py: edit there.
 */
export interface IFrameworkText {
  label: string;
  /** What is started, in each replica or for all of them. */
  description: string;
}

"""


def wrapper_module() -> str:
    """Return the table of ``mofang-run``."""
    lines = [
        f"DEFAULT_FRAMEWORK = {json.dumps(DEFAULT_FRAMEWORK)}",
        "",
        "FRAMEWORKS: dict[str, Declaration] = {",
    ]
    for each in FRAMEWORKS.values():
        lines += [
            f"    {json.dumps(each.name)}: Declaration(",
            f"        title={json.dumps(each.title)},",
            f"        port={each.port},",
            f"        leader={json.dumps(each.leader)},",
            f"        success_role={json.dumps(each.success_role or '')},",
            f"        environment={json.dumps(each.environment)},",
            *_variables(each),
            "    ),",
        ]
    return _WRAPPER_HEAD + "\n".join([*lines, "}"]) + "\n"


def _variables(each: FrameworkDeclaration) -> Iterator[str]:
    if not each.variables:
        yield "        variables={},"
        return
    yield "        variables={"
    for name, template in each.variables.items():
        yield f"            {json.dumps(name)}: {json.dumps(template)},"
    yield "        },"


def form_module() -> str:
    """Return the texts of the form, which a catalogue of translations can hold."""
    lines = [
        f"export const DEFAULT_FRAMEWORK = {_quoted(DEFAULT_FRAMEWORK)};",
        f"export const NOTEBOOK_FRAMEWORK = {_quoted(NOTEBOOK_FRAMEWORK)};",
        "",
        "export function frameworkTexts(trans: {",
        "  __(sentence: string): string;",
        "}): Record<string, IFrameworkText> {",
        "  return {",
    ]
    entries = []
    for each in FRAMEWORKS.values():
        description = f"Starts {each.description}."
        entries.append(
            f"    {each.name}: {{\n"
            f"      label: trans.__({_quoted(each.form_label)}),\n"
            f"      description: {_translation_call(description)}\n"
            f"    }}"
        )
    return _FORM_HEAD + "\n".join([*lines, ",\n".join(entries), "  };", "}"]) + "\n"


def _translation_call(message: str) -> str:
    """Return the call that translates a sentence, broken as prettier does."""
    call = f"trans.__({_quoted(message)})"
    if len(f"      description: {call}") <= _COLUMNS:
        return call
    return f"trans.__(\n        {_quoted(message)}\n      )"


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def example_commands() -> str:
    """Return the commands that submit the examples, as a block of Markdown."""
    lines = ["$ cd /opt/mofang/examples"]
    for declaration in FRAMEWORKS.values():
        named = (
            ""
            if declaration.name == DEFAULT_FRAMEWORK
            else f"--framework {declaration.name} "
        )
        for each in declaration.examples:
            is_plain = each.script.endswith(".ipynb")
            options = f"{'' if is_plain else named}{each.options}"
            lines.append(f"$ mofang submit {each.script} {options}".rstrip())
    return "\n".join(["```console", *lines, "```", ""])


def example_table() -> str:
    """Return which folder of the examples shows what, and where it runs."""
    lines = ["| folder | what it shows | environment |", "|---|---|---|"]
    lines += [
        f"| `{each.name}/` | {each.examples_show} | `{each.environment}` |"
        for each in FRAMEWORKS.values()
    ]
    return "\n".join([*lines, ""])


def _within(path: Path, content: str) -> str:
    """Return a page with what is made put between the marks."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{path} lacks the marks of what is made.")
    return f"{before}{BEGIN}{content}{END}{after}"


def written() -> dict[Path, str]:
    """Return what each file must hold."""
    return {
        WRAPPER: wrapper_module(),
        FORM: form_module(),
        CLIENT_README: _within(CLIENT_README, example_commands()),
        EXAMPLES_README: _within(EXAMPLES_README, example_table()),
    }


def main() -> int:
    """Write the files, or say whether they are up to date."""
    if "--check" in sys.argv[1:]:
        stale = [path for path, text in written().items() if _read(path) != text]
        for path in stale:
            print(f"{path} is out of date.", file=sys.stderr)  # noqa: T201
        return int(bool(stale))
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
