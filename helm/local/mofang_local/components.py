"""Programs built from pinned Go modules, cached by what they are made from."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
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
_VERSION = "k8s.io/component-base/version"
_VERSIONED = (
    f"-s -w -X {_VERSION}.gitVersion={KUBERNETES_VERSION}"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=37"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One folder of ``components/`` and what comes out of it."""

    name: str
    packages: dict[str, str]
    """Program → Go package; ``.`` is the folder's own main package."""
    links: tuple[str, ...] = ()
    """Names under which the first program is found besides its own."""
    tags: str = ""
    linker_flags: str = "-s -w"


COMPONENTS = (
    Component(
        name="kubernetes",
        packages={"kubernetes": "."},
        links=KUBERNETES_PROGRAMS,
        linker_flags=_VERSIONED,
    ),
    Component(
        name="containerd",
        packages={
            program: f"github.com/containerd/containerd/v2/cmd/{program}"
            for program in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
        tags="no_btrfs no_devmapper no_zfs",
    ),
    Component(name="helm", packages={"helm": "helm.sh/helm/v4/cmd/helm"}),
    Component(
        name="istio",
        packages={"pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery"},
        tags="disable_pgv",
    ),
    Component(
        name="training-operator",
        packages={
            "training-operator": (
                "github.com/kubeflow/training-operator/cmd/training-operator.v1"
            )
        },
    ),
    Component(
        name="trainer",
        packages={
            "trainer": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"
        },
    ),
    Component(name="jobset", packages={"jobset": "sigs.k8s.io/jobset"}),
    # Not of the cluster: the tests' fake nodes are run by it.
    Component(name="kwok", packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
    Component(name="coredns", packages={"coredns": "."}),
    Component(name="pause", packages={"pause": "."}),
    Component(name="await-name", packages={"await-name": "."}),
    Component(
        name="kubectl-delivery",
        packages={"kubectl-delivery": ".", "kubectl-alone": "./kubectl"},
        # Its modules have the versions of `kubernetes`, so that Go finds most of it
        # compiled already when both are built.
        linker_flags=_VERSIONED,
    ),
)


def key(component: Component, folder: Path, go_version: str) -> str:
    """A hash of everything the component's programs are made from."""
    digest = hashlib.sha256(f"{component!r}\n{go_version}\n".encode())
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Builder:
    """Builds what is stale and links it into the programs' folder."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._go_version = ""

    def _folder(self, component: Component) -> Path:
        return self._places.local / "components" / component.name

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

    def build(self, component: Component) -> None:
        """Build unless built, then link the programs.

        Raises:
            BuildError: Go refused; the log's end is in the text.
        """
        output = self._output(component)
        if not self.is_built(component):
            shutil.rmtree(output, ignore_errors=True)
            output.mkdir(parents=True)
            for program, package in component.packages.items():
                self._compile(component, output / program, package)
            (output / ".complete").touch()
            for old in output.parent.glob(f"{component.name}-*"):
                if old != output and old.name.count("-") == output.name.count("-"):
                    shutil.rmtree(old)
        self._link(component, output)

    def _compile(self, component: Component, output: Path, package: str) -> None:
        log = self._places.build_logs / f"{component.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = ["go", "build", "-o", str(output), "-tags", component.tags]
        command += ["-ldflags", component.linker_flags, package]
        environment = {
            **os.environ,
            "CGO_ENABLED": "0",
            # What is built does not depend on the checkout's commit.
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOCACHE": str(self._places.cache / "go-build"),
        }
        with log.open("w") as out:
            done = subprocess.run(  # noqa: S603 - the command is ours
                command,
                cwd=self._folder(component),
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
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
        """Give back the 12 GB that Go keeps beside what it built."""
        shutil.rmtree(self._places.cache / "go-build", ignore_errors=True)


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
