"""Programs built from pinned Go modules, cached by what they are made from.

Components whose sources compile with the same Kubernetes libraries share one Go module,
so that Go compiles each package once for all of them.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mofang_local.errors import BuildError, last_lines
from mofang_local.places import Places

KUBERNETES_VERSION = "v1.37.2"
KUBERNETES_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
SHARED_MODULE = "shared"
"""The folder of the Go module that most components share."""

_VERSION = "k8s.io/component-base/version"
_LINKER_FLAGS = (
    f"-s -w -X {_VERSION}.gitVersion={KUBERNETES_VERSION}"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=37"
)
_TAGS = "no_btrfs no_devmapper no_zfs disable_pgv"
"""containerd without file systems that are not used here; Istio without the generated
validation of Envoy's API."""

_COLLECTOR_PERCENT = "400"
"""GOGC of the compiler, which handles one package and ends: collecting seldom pays."""


class Phase(StrEnum):
    """When a program is needed."""

    PLATFORM = "platform"
    """For the log-in page and the first notebook."""
    JOBS = "jobs"
    """For jobs; follows once the platform runs."""
    TESTS = "tests"
    """By tests alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Programs that are built together."""

    name: str
    packages: dict[str, str]
    """Program → Go package of the module."""
    phase: Phase
    module: str = SHARED_MODULE
    """Folder of the Go module, in ``components/``."""
    links: tuple[str, ...] = ()
    """Names under which the first program is found besides its own."""


def _own(name: str, phase: Phase, links: tuple[str, ...] = ()) -> Component:
    """A program whose main package lies in the shared module."""
    return Component(name=name, packages={name: f"./{name}"}, phase=phase, links=links)


COMPONENTS = (
    _own("kubernetes", Phase.PLATFORM, links=KUBERNETES_PROGRAMS),
    Component(
        name="containerd",
        packages={
            program: f"github.com/containerd/containerd/v2/cmd/{program}"
            for program in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
        phase=Phase.PLATFORM,
    ),
    _own("pause", Phase.PLATFORM),
    _own("coredns", Phase.PLATFORM),
    Component(
        name="istio",
        packages={"pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery"},
        phase=Phase.PLATFORM,
    ),
    Component(
        name="helm",
        packages={"helm": "helm.sh/helm/v4/cmd/helm"},
        phase=Phase.PLATFORM,
    ),
    _own("await-name", Phase.JOBS),
    Component(
        name="training-operator",
        packages={
            "training-operator": (
                "github.com/kubeflow/training-operator/cmd/training-operator.v1"
            )
        },
        phase=Phase.JOBS,
        module="training-operator",
    ),
    Component(
        name="kubectl-delivery",
        packages={
            "kubectl-delivery": "./kubectl-delivery",
            "kubectl-alone": "./kubectl-delivery/kubectl",
        },
        phase=Phase.JOBS,
    ),
    # The webhooks of both are written for an older controller-runtime, and the Training
    # Operator's watches for one that is older still.
    Component(
        name="jobset",
        packages={"jobset": "sigs.k8s.io/jobset"},
        phase=Phase.JOBS,
        module="controllers",
    ),
    Component(
        name="trainer",
        packages={
            "trainer": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"
        },
        phase=Phase.JOBS,
        module="controllers",
    ),
    # Runs the fake nodes of tests.
    Component(
        name="kwok", packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, phase=Phase.TESTS
    ),
)


def key(component: Component, folder: Path, go_version: str) -> str:
    """A hash of everything the component's programs are made from.

    Args:
        component: Which.
        folder: Its Go module. Of the module's own packages only the component's count.
        go_version: As Go prints it.
    """
    made_from = f"{component!r}\n{go_version}\n{_TAGS}\n{_LINKER_FLAGS}\n"
    digest = hashlib.sha256(made_from.encode())
    own = [folder / package for package in component.packages.values()]
    files = [folder / "go.mod", folder / "go.sum"]
    files += [file for each in own if each.is_dir() for file in each.rglob("*")]
    for path in sorted({each for each in files if each.is_file()}):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Builder:
    """Builds what is stale and links it into the programs' folder."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._go_version = ""

    def _folder(self, component: Component) -> Path:
        return module_path(self._places, component.module)

    def _output(self, component: Component) -> Path:
        if not self._go_version:
            self._go_version = subprocess.run(
                ["go", "version"],  # noqa: S607 - the person's own Go
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        name = key(component, self._folder(component), self._go_version)
        return self._places.cache / "programs" / f"{component.name}-{name}"

    def is_built(self, component: Component) -> bool:
        return (self._output(component) / ".complete").exists()

    def build(
        self,
        component: Component,
        on_package: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Build unless built, then link the programs.

        Args:
            component: Which.
            on_package: Called with each Go package that is compiled.

        Raises:
            BuildError: Go refused; the log's end is in the text.
        """
        output = self._output(component)
        if not self.is_built(component):
            shutil.rmtree(output, ignore_errors=True)
            output.mkdir(parents=True)
            self._compile(component, output, on_package)
            (output / ".complete").touch()
            for old in output.parent.glob(f"{component.name}-*"):
                if old != output and old.name.count("-") == output.name.count("-"):
                    shutil.rmtree(old)
        self._link(component, output)

    def package_count(self, component: Component) -> int:
        """How many Go packages a component is made of; 0 if Go cannot tell."""
        command = ["go", "list", "-deps", "-tags", _TAGS, *component.packages.values()]
        done = subprocess.run(  # noqa: S603 - the command is ours
            command,
            cwd=self._folder(component),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return len(done.stdout.splitlines()) if done.returncode == 0 else 0

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOGC": _COLLECTOR_PERCENT,
            # What is built does not depend on the checkout's commit.
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOCACHE": str(self._places.cache / "go-build"),
        }

    def _compile(
        self, component: Component, output: Path, on_package: Callable[[str], object]
    ) -> None:
        log = self._places.build_logs / f"{component.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        for program, package in component.packages.items():
            command = ["go", "build", "-v", "-o", str(output / program)]
            command += ["-tags", _TAGS, "-ldflags", _LINKER_FLAGS, package]
            with (
                log.open("w") as out,
                subprocess.Popen(  # noqa: S603 - the command is ours
                    command,
                    cwd=self._folder(component),
                    env=self._environment(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                ) as build,
            ):
                for line in build.stdout or ():
                    out.write(line)
                    if not line.startswith("go: "):
                        on_package(line.strip())
            if build.returncode:
                raise BuildError(
                    f"{component.name} could not be built; the log is {log}:\n"
                    + last_lines(log.read_text(errors="replace"))
                )

    def _link(self, component: Component, output: Path) -> None:
        self._places.programs.mkdir(parents=True, exist_ok=True)
        first = next(iter(component.packages))
        targets = {name: output / name for name in component.packages}
        targets |= dict.fromkeys(component.links, output / first)
        for name, target in targets.items():
            link = self._places.programs / name
            if link.is_symlink() and link.readlink() == target:
                continue
            temporary = link.with_name(f".{name}.new")
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(target)
            temporary.replace(link)

    def forget_go_cache(self) -> None:
        """Give back the gigabytes that Go keeps beside what it built."""
        shutil.rmtree(self._places.cache / "go-build", ignore_errors=True)


def module_path(places: Places, module: str) -> Path:
    """The folder of one of our Go modules."""
    return places.local / "components" / module


def module_folder(folder: Path, module: str) -> Path:
    """Where Go keeps the sources of a module that ``folder`` requires.

    Raises:
        BuildError: The module cannot be had.
    """
    done = subprocess.run(  # noqa: S603 - the command is ours
        ["go", "list", "-m", "-f", "{{.Dir}}", module],  # noqa: S607 - own Go
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        subprocess.run(  # noqa: S603 - the command is ours
            ["go", "mod", "download", module],  # noqa: S607 - the person's own Go
            cwd=folder,
            check=False,
        )
        done = subprocess.run(  # noqa: S603 - the command is ours
            ["go", "list", "-m", "-f", "{{.Dir}}", module],  # noqa: S607 - own Go
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if not done.stdout.strip():
        raise BuildError(f"The sources of {module} are not there: {done.stderr}")
    return Path(done.stdout.strip())
