"""Scripts that are not Python's: what runs them, and what is wrong with them."""

import pytest


@pytest.fixture(params=["single", "pytorch"])
def framework(request):
    return request.param


@pytest.mark.parametrize("mode", [0o644, 0o755])
@pytest.mark.parametrize("first", ["", "#!/bin/bash\n", "#!/usr/bin/env bash\n", "\n"])
def test_a_shell_script_runs_whatever_its_mode_and_its_first_line(
    wrapper, framework, mode, first
):
    text = "echo hello $1 ${BASH_VERSION:+from bash}\n"
    script = wrapper.script(first + text, "a.sh")
    (wrapper.home / script).chmod(mode)
    code, output = wrapper(script, "you", framework=framework)
    assert code == 0, output
    assert "hello you from bash" in output


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        pytest.param("#!/bin/sh -e", "by a shell", id="shell"),
        pytest.param("#!/usr/bin/env python3", "by Python", id="Python"),
        pytest.param("", "by Python", id="nothing"),
    ],
)
def test_a_script_without_an_ending_is_run_by_what_its_first_line_names(
    wrapper, framework, first, expected
):
    text = f"{first}\n''':'\necho by a shell\nexit\n'''\nprint('by Python')\n"
    code, output = wrapper(wrapper.script(text, "train"), framework=framework)
    assert code == 0, output
    assert f"{expected}\n" in output


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_windows_line_endings_are_told_with_what_to_do(wrapper, framework, mode):
    script = wrapper.script("#!/bin/bash\r\necho hello\r\n", "a.sh")
    (wrapper.home / script).chmod(mode)
    code, output = wrapper(script, framework=framework)
    assert code == 126
    assert "Windows line endings (CRLF)" in output
    assert "sed -i 's/\\r$//' ./a.sh" in output


def test_a_python_script_with_windows_line_endings_runs(wrapper, framework):
    text = "#!/usr/bin/env python3\r\nprint('hello')\r\n"
    code, output = wrapper(wrapper.script(text), framework=framework)
    assert code == 0, output
    assert "hello\n" in output


def test_an_executable_that_does_not_say_what_runs_it_is_refused(wrapper, framework):
    script = wrapper.script("echo hello\n", "train")
    (wrapper.home / script).chmod(0o755)
    code, output = wrapper(script, framework=framework)
    assert code == 126
    assert "does not say what runs it" in output


@pytest.mark.parametrize(
    ("text", "mode", "code", "says"),
    [
        ("#!/bin/bash\r\n", 0o755, 127, "Windows line endings (CRLF)"),
        ("#!/bin/bash\n", 0o644, 126, "is not executable. Run: chmod +x ./do"),
        ("#!/no/such -x\n", 0o755, 127, "is to be run by /no/such"),
        ("echo hello\n", 0o755, 126, "does not say what runs it"),
    ],
)
def test_a_command_that_cannot_start_is_told_with_what_to_do(
    wrapper, text, mode, code, says
):
    (wrapper.home / wrapper.script(text, "do")).chmod(mode)
    ended, output = wrapper.command("./do", framework="single")
    assert ended == code
    assert says in output
