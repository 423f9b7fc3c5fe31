"""Examples that other projects publish in their packages, run as they are.

Where a project's examples are on GitHub only, ``own_scripts`` has one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from support.public_scripts import SourceArchive
from support.script_jobs import Installed, Line, Published, ScriptJob

MPI4PY = SourceArchive(
    project="mpi4py",
    version="4.1.2",
    sha256="56860286dc45f20e8821e93cb06669e30462348bf866f685553fa4b712d58d02",
)
SCIKIT_LEARN = SourceArchive(
    project="scikit-learn",
    version="1.9.1",
    sha256="629cada3e33e2b9bf376cdc7614a47a4140b8aedc1d836579e359736fbd82977",
)
SPARK_EXAMPLES = "pyspark/examples/src/main/python"
SPARK = {"cpu": "150m", "memory": "1Gi"}
RAY = {"cpu": "150m", "memory": "2Gi"}

TEXT = "to be or not to be that is the question\n" * 40


def both_executors() -> tuple[Line, ...]:
    """Each Spark worker ran a part of the program."""
    return tuple(
        Line(f"worker/{index}", r"Asked to launch executor app-") for index in (0, 1)
    )


def lines_with(replica: str, *patterns: str) -> tuple[Line, ...]:
    """Lines of one replica."""
    return tuple(Line(replica, pattern) for pattern in patterns)


SPARK_JOBS = {
    "pyspark pi.py": ScriptJob(
        source=Installed(f"{SPARK_EXAMPLES}/pi.py"),
        environment="spark",
        framework="spark",
        replicas=2,
        arguments=("8",),
        resources=SPARK,
        lines=(
            Line("driver/0", r"^Pi is roughly (\d\.\d+)", 3.1, 3.2),
            *both_executors(),
        ),
    ),
    "pyspark wordcount.py": ScriptJob(
        source=Installed(f"{SPARK_EXAMPLES}/wordcount.py"),
        environment="spark",
        framework="spark",
        replicas=2,
        arguments=("words.txt",),
        resources=SPARK,
        files={"words.txt": TEXT},
        lines=(
            Line("driver/0", r"^to: (\d+)$", 80, 80),
            Line("driver/0", r"^question: (\d+)$", 40, 40),
            *both_executors(),
        ),
    ),
    "pyspark sql/arrow.py": ScriptJob(
        source=Installed(f"{SPARK_EXAMPLES}/sql/arrow.py"),
        environment="spark",
        framework="spark",
        resources=SPARK,
        lines=lines_with(
            "driver/0",
            r"^\|mean_udf\(v\)\|\n\+-+\+\n\| +4\.2\|",
            r"^\|20000102\|  2\|4\.0\|NULL\|",
        ),
    ),
}

RAY_JOBS = {
    "ray train torch_linear_example.py": ScriptJob(
        source=Installed("ray/train/examples/pytorch/torch_linear_example.py"),
        environment="ray",
        framework="ray",
        # Its weights begin at random: two epochs end anywhere between 0 and 2.
        arguments=("--num-workers", "3", "--epochs", "10"),
        resources=RAY,
        # Ray fills a machine before it takes the next: on two cores, with two workers.
        more={"roles": {"head": {"resources": {**RAY, "memory": "3Gi"}}}},
        lines=(
            *lines_with("worker/0", r"Ray runtime started"),
            *lines_with("head/0", r"\(ip=\S+, pid=\d+\) world_rank=2,"),
            Line("head/0", r"^\{'loss': ([\d.e+-]+)", 0, 1),
        ),
    ),
    "ray tune_basic_example.py": ScriptJob(
        source=Installed("ray/tune/examples/tune_basic_example.py"),
        environment="ray",
        framework="ray",
        arguments=("--smoke-test",),
        resources=RAY,
        lines=(
            *lines_with("worker/0", r"Ray runtime started"),
            Line("head/0", r"^Best hyperparameters found were: .*'steps': (\d+)", 5, 5),
        ),
    ),
    "ray tune async_hyperband_example.py": ScriptJob(
        source=Installed("ray/tune/examples/async_hyperband_example.py"),
        environment="ray",
        framework="ray",
        replicas=1,
        arguments=("--smoke-test",),
        resources=RAY,
        more={"roles": {"worker": {"replicas": 0}}},
        lines=(
            Line("head/0", r"^Best hyperparameters found: .*'steps': (\d+)", 100, 100),
        ),
    ),
}


def mpi(path: str, lines: Sequence[Line], **more: object) -> ScriptJob:
    """One of mpi4py's demonstrations with two processes on two machines.

    mpirun mixes what they write, so a text may begin and end within another's line.
    """
    return ScriptJob(
        source=Published(MPI4PY, f"demo/{path}", **more),
        environment="horovod",
        framework="mpi",
        replicas=2,
        lines=tuple(lines),
    )


def compute_pi(name: str) -> ScriptJob:
    """A demonstration that reads the number of intervals, and 0 at the end."""
    pi = Line(
        "launcher/0",
        r"pi is approximately (\d\.\d+), error is 0\.000000000",
        3.1415926,
        3.1415927,
    )
    return replace(mpi(f"compute-pi/{name}", (pi,)), stdin=r"20000\n0\n")


MPI_JOBS = {
    "mpi4py helloworld.py": mpi(
        "helloworld.py",
        lines_with(
            "launcher/0",
            r"Hello, World! I am process 0 of 2 on \S*worker-0",
            r"Hello, World! I am process 1 of 2 on \S*worker-1",
        ),
    ),
    "mpi4py cpi-cco.py": compute_pi("cpi-cco.py"),
    "mpi4py cpi-rma.py": compute_pi("cpi-rma.py"),
    "mpi4py mandelbrot.py": mpi(
        "mandelbrot/mandelbrot.py",
        lines_with("launcher/0", r"seconds \(task 0\)", r"seconds \(task 1\)"),
    ),
    "mpi4py test_reductions.py": mpi(
        "reductions/test_reductions.py",
        lines_with("launcher/0", r"(?s)Ran \d+ tests.*Ran \d+ tests", r"(?s)OK.*OK"),
        also=("demo/reductions/reductions.py",),
    ),
}


def accelerate(name: str, *lines: Line) -> ScriptJob:
    """What ``accelerate test`` runs, with two replicas."""
    return ScriptJob(
        source=Installed(f"accelerate/test_utils/scripts/{name}"),
        environment="pytorch",
        framework="pytorch",
        replicas=2,
        lines=lines,
        # As ``accelerate launch --cpu`` says it.
        more={"env": {"ACCELERATE_USE_CPU": "true"}},
    )


TORCH_JOBS = {
    "accelerate test_script.py": accelerate(
        "test_script.py",
        *lines_with(
            "worker/0", r"^Num processes: 2", r"^\*\*Breakpoint trigger test\*\*"
        ),
        *lines_with("worker/1", r"^Process index: 1"),
    ),
    "accelerate test_sync.py": accelerate(
        "test_sync.py",
        *lines_with(
            "worker/0", r"Test Distributed `no_sync`", r"optimizer and scheduler"
        ),
        *lines_with(
            "worker/1", r"Test Distributed `no_sync`", r"optimizer and scheduler"
        ),
    ),
}

SCIKIT_LEARN_JOBS = {
    "scikit-learn plot_digits_classification.py": ScriptJob(
        source=Published(
            SCIKIT_LEARN, "examples/classification/plot_digits_classification.py"
        ),
        environment="base",
        framework="single",
        lines=(Line("worker/0", r"^ +accuracy +(0\.\d+) +899$", 0.95, 0.99),),
    ),
    "scikit-learn plot_grid_search_digits.py": ScriptJob(
        source=Published(
            SCIKIT_LEARN, "examples/model_selection/plot_grid_search_digits.py"
        ),
        environment="xgboost",
        framework="single",
        lines=(Line("worker/0", r"^ +accuracy +(\d\.\d+) +899$", 0.97, 1),),
    ),
}

PUBLISHED = {
    **SPARK_JOBS,
    **RAY_JOBS,
    **MPI_JOBS,
    **TORCH_JOBS,
    **SCIKIT_LEARN_JOBS,
}
