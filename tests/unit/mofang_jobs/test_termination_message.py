"""What a replica died of, from its exit code and its last words."""

import pytest

from mofang_jobs.domain.messages import exit_message
from mofang_jobs.domain.termination_message import last_error, shortened

MARK = "[Mofang] 2026-11-23T00:00:00Z "
STARTED = f"{MARK}worker-0 started on cpu-1: /opt/mofang/bin/python ./train.py\n"
TORCHRUN = (
    "E1123 12:00:00.1 7 torch/distributed/elastic/multiprocessing/api.py:869] failed "
    "(exitcode: {code}) local_rank: 0 (pid: 12) of binary: /opt/mofang/bin/python\n"
)
CLOSING = (
    "W1123 12:00:00.1 7 torch/distributed/elastic/multiprocessing/api.py:897] Sending "
    "process 12 closing signal SIGTERM\n"
)
RULE = "-" * 74 + "\n"
MPIRUN_4 = f"""{RULE}Primary job  terminated normally, but 1 process returned
a non-zero exit code. Per user-direction, the job has been aborted.
{RULE}{RULE}mpirun detected that one or more processes exited with non-zero status, thus
causing the job to be terminated. The first process to do so was:

  Process name: [[36107,1],0]
  Exit code:    2
{RULE}"""
MPIRUN_5 = f"""{RULE}prterun detected that one or more processes exited with non-zero
status, thus causing the job to be terminated. The first process to do so was:

   Process name: [prterun-train-launcher-7@1,0]
   Exit code:    2
{RULE}"""
USAGE = (
    "usage: train.py [-h] [--no-cuda]\n"
    "train.py: error: argument --no-cuda: ignored explicit argument 'true'\n"
)


def ended(code: int) -> str:
    return f"{MARK}worker-0 ended with exit code {code} after 2.0 s.\n"


def killed(name: str, code: int) -> str:
    return f"{MARK}worker-0 was killed by {name} after 2.0 s; exit code {code}.\n"


def message(code: int, output: str) -> str:
    return exit_message("worker-0", code, output, memory="1Gi")


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("SIGSEGV", 139, "crashed with a segmentation fault (SIGSEGV, exit code 139)"),
        ("SIGABRT", 134, "was aborted (SIGABRT, exit code 134)"),
        ("SIGBUS", 135, "crashed with a bus error (SIGBUS, exit code 135)"),
        ("SIGKILL", 137, "was killed (SIGKILL, exit code 137)"),
        ("SIGTERM", 143, "was terminated (SIGTERM, exit code 143)"),
    ],
)
@pytest.mark.parametrize("printed", ["", "epoch 3\n"])
def test_the_signal_is_the_cause_not_what_was_printed_last(
    name: str, code: int, expected: str, printed: str
) -> None:
    told = message(code, STARTED + printed + killed(name, code))
    assert told.startswith(f"worker-0 {expected}.")
    assert "epoch" not in told


@pytest.mark.parametrize(
    "error",
    [
        "terminate called after throwing an instance of 'std::out_of_range'",
        "Fatal Python error: Aborted",
        "a.out: x.cc:3: int main(): Assertion `n > 0' failed",
        "F1 x.cc:3] Check failed: n > 0",
    ],
)
def test_what_was_said_of_a_crash_is_told_with_it(error: str) -> None:
    output = f"{STARTED}epoch 3\n{error}\n" + killed("SIGABRT", 134)
    expected = f"worker-0 was aborted (SIGABRT, exit code 134): {error}."
    assert message(134, output) == expected


@pytest.mark.parametrize("printed", ["", "epoch 3\n", CLOSING])
def test_a_crash_under_torchrun_is_named_too(printed: str) -> None:
    output = STARTED + printed + TORCHRUN.format(code=-11) + ended(1)
    told = message(1, output)
    assert told.startswith(
        "worker-0 ended with exit code 1: its script crashed with a segmentation fault "
        "(SIGSEGV). "
    )


def test_the_exit_code_of_a_silent_script_under_torchrun_is_told() -> None:
    output = STARTED + TORCHRUN.format(code=3) + ended(1)
    assert message(1, output) == (
        "worker-0 ended with exit code 1: its script ended with exit code 3."
    )


@pytest.mark.parametrize("attempt", ["", f"{MARK}Attempt 2 of worker-0 on cpu-1.\n"])
@pytest.mark.parametrize("code", [1, 3])
def test_of_a_silent_script_only_the_exit_code_is_told(code: int, attempt: str) -> None:
    output = attempt + STARTED + ended(code)
    assert message(code, output) == f"worker-0 ended with exit code {code}."


@pytest.mark.parametrize("mpirun", [MPIRUN_4, MPIRUN_5], ids=["4", "5"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            USAGE,
            ": train.py: error: argument --no-cuda: ignored explicit argument 'true'.",
            id="argparse",
        ),
        pytest.param(
            USAGE + "usage: train.py [-h] [--no-cuda]\n",
            ": train.py: error: argument --no-cuda: ignored explicit argument 'true'.",
            id="two ranks at once",
        ),
        pytest.param("ValueError: bad\n", ": ValueError: bad.", id="exception"),
        pytest.param("no data\n", ": no data.", id="its last line"),
        pytest.param("", ".", id="silent"),
    ],
)
def test_what_mpirun_says_of_its_end_is_no_cause(
    said: str, expected: str, mpirun: str
) -> None:
    output = STARTED + said + mpirun + ended(2)
    assert message(2, output) == f"worker-0 ended with exit code 2{expected}"


def test_why_the_wrapper_gave_up_is_told_with_a_signal() -> None:
    said = "Stopped by SIGTERM before the command was started."
    output = f"{MARK}{said}\n{MARK}worker-0 ended with exit code 143.\n"
    assert message(143, output).endswith(f"exit code 143): {said}")


def test_the_error_is_found_before_what_torchrun_says_of_it() -> None:
    output = """
  File "/home/jovyan/x.py", line 3, in main
ValueError: the learning rate is -1
ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1)
Traceback (most recent call last):
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
x.py FAILED
============================================================
[Mofang] 2026-11-23T00:00:00Z worker-0 ended with exit code 1 after 2.0 s.
"""

    assert last_error(output) == "ValueError: the learning rate is -1."


def test_the_error_of_a_rank_is_told_as_any_other() -> None:
    output = (
        f"{STARTED}[rank1]: Traceback (most recent call last):\n"
        "[rank1]: ModuleNotFoundError: No module named 'x'\n"
        "[rank1]:[W1129 c10d] a process group was not destroyed\n"
        f"{TORCHRUN.format(code=1)}{ended(1)}"
    )
    assert message(1, output).startswith(
        "worker-0 ended with exit code 1: ModuleNotFoundError: No module named 'x'. "
        "List the package in the job's requirements file"
    )


def test_a_long_line_of_a_user_does_not_fill_a_page() -> None:
    assert len(last_error("RuntimeError: " + "x" * 5000)) < 400


def test_a_silent_false_is_not_explained_by_the_platform() -> None:
    """``mofang submit --command -- false`` says nothing, and neither do we."""
    output = (
        "[Mofang] 2026-11-29T15:26:28Z worker-0 started on vm: false\n"
        "[Mofang] 2026-11-29T15:26:28Z worker-0 ended with exit code 1 after 0.0 s.\n"
    )
    assert message(1, output) == "worker-0 ended with exit code 1."


PATTERNS = (
    "Python does not look for pkg in /home/jovyan/proj, where it is: set the variable "
    "PYTHONPATH=/home/jovyan/proj of the job, or run the script as a module, "
    "`python -m pkg.train` with the working directory /home/jovyan/proj."
)


@pytest.mark.parametrize(
    ("error", "said", "expected"),
    [
        pytest.param(
            "ModuleNotFoundError: No module named 'pkg'",
            f"{MARK}{PATTERNS}\n",
            f"ModuleNotFoundError: No module named 'pkg'. {PATTERNS}",
            id="the wrapper found it",
        ),
        pytest.param(
            "ModuleNotFoundError: No module named 'pkg'",
            "",
            "ModuleNotFoundError: No module named 'pkg'. List the package in the job's "
            "requirements file, or choose an image that has it.",
            id="it is nowhere",
        ),
        pytest.param(
            "ModuleNotFoundError: No module named 'encodings'",
            "",
            "ModuleNotFoundError: No module named 'encodings'. The variable PYTHONHOME "
            "leads Python away from its own modules. Remove it from the job's "
            "variables.",
            id="Python's own",
        ),
        pytest.param(
            "ImportError: attempted relative import with no known parent package",
            "",
            "ImportError: attempted relative import with no known parent package. The "
            "script belongs to a package and was run as a file. Run it as a module: "
            "`python -m package.module`, with the directory above the package as the "
            "working directory.",
            id="a wrapper that says nothing of it",
        ),
    ],
)
def test_a_failed_import_is_advised_by_where_the_module_is(
    error: str, said: str, expected: str
) -> None:
    output = (
        'Traceback (most recent call last):\n  File "/home/jovyan/proj/pkg/train.py", '
        f"line 1, in <module>\n{error}\n{said}{ended(1)}"
    )
    assert message(1, output) == f"worker-0 ended with exit code 1: {expected}"


def test_characters_that_nobody_can_see_are_left_out() -> None:
    assert shortened("ValueError: a\x00b\x1b[0m\x85c") == "ValueError: ab c."
    assert shortened("a\x1b]0;pwned\x07b \x1b[31mred\x9b2Jc") == "ab red2Jc."
    assert last_error("x\n\x1b[31mValueError: no\x1b[0m\n") == "ValueError: no."
