"""Everything `make up` does, as a graph of tasks: what the log-in page needs is first.

What only some jobs need (operators, images of further frameworks) comes after the
page; environments say so by their condition until their image is there.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from mofang_local import availability, images, loading, preflight, services, storage
from mofang_local.availability import Availability
from mofang_local.ceph.settings import IMAGE
from mofang_local.cluster import Cluster
from mofang_local.components import (
    COMPONENTS,
    REQUIRED_COMPONENTS,
    Builder,
    Component,
    Phase,
)
from mofang_local.durations import Durations
from mofang_local.errors import BuildError
from mofang_local.images import Image, PlannedImage
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, NODES
from mofang_local.operators import OPERATORS, Operator
from mofang_local.platform import Platform
from mofang_local.progress import Progress, Step, duration
from mofang_local.storage import StorageKind
from mofang_local.tasks import Graph, Task, Work

PAGE = "log-in page"
CLUSTER = "Kubernetes"
CEPH = "Ceph"
CEPH_IMAGE = f"image {IMAGE}"
EVERYTHING = "everything"
FIRST_IMAGES = ("hub", "base", "pytorch")
"""Built in this order, before the images of further frameworks."""


class Preparation:
    """One run of `make up`: its tasks, and what they tell each other."""

    def __init__(
        self, cluster: Cluster, platform: Platform, on_page: Callable[[], None]
    ) -> None:
        """``on_page`` is called once, when the log-in page answers."""
        self._cluster = cluster
        self._paths = cluster.paths
        self._platform = platform
        self._on_page = on_page
        self._builder = Builder(cluster.paths)
        self._durations = Durations(cluster.paths.cache / "durations.json")
        self._planned = images.planned_images(cluster.paths)
        self._own: dict[str, Image] = {}
        self._availability: dict[str, Availability] = {}
        """By image; those that are missing here are still to be built."""
        self._publishing = threading.Lock()
        self._installed = False
        self._graph = Graph(self._tasks(), cluster.progress, essential=PAGE)

    def run(self) -> None:
        """Run the graph; what was built stays however it ends.

        Raises:
            LauncherError: A task failed.
        """
        self._cluster.progress.remaining = self._remaining
        self._graph.run()

    def _remaining(self) -> str:
        name = EVERYTHING if self._installed else PAGE
        seconds = self._graph.remaining_seconds(name)
        about = "about" if self._graph.is_estimated(name) else "at least"
        return f"{name}: {about} {duration(max(seconds, 1))} left"

    def _tasks(self) -> Iterator[Task]:
        yield self._task("Debian packages", self._packages, stale=self._lacks_packages)
        # Go builds what it has sources of; meanwhile the rest of them arrives.
        yield self._task(
            "Go modules", self._download, stale=lambda: not self._has_programs()
        )
        platform = [each for each in COMPONENTS if each.phase is Phase.PLATFORM]
        jobs = [each for each in COMPONENTS if each.phase is Phase.JOBS]
        yield from map(self._build_task, platform)
        for name in self._image_order():
            yield self._image_task(name)
        yield from self._page_tasks()
        yield from map(self._build_task, jobs)
        yield from map(self._operator_task, OPERATORS)
        loads = {name: f"load {name}" for name in self._image_order() if name != "hub"}
        for name, load in loads.items():
            yield self._task(
                load, partial(self._load, name), depends_on=(f"image {name}", PAGE)
            )
        yield self._task(
            EVERYTHING,
            self._finish,
            depends_on=(*loads.values(), *(each.name for each in OPERATORS)),
        )

    def _page_tasks(self) -> Iterator[Task]:
        task = self._task
        yield task(
            CLUSTER,
            self._start,
            depends_on=(
                "Debian packages",
                "build kubernetes",
                "build kubeadm",
                "build containerd",
                "build pause",
                "build kube-router",
            ),
        )
        yield task("CoreDNS", self._install_dns, depends_on=(CLUSTER, "build coredns"))
        yield task("Envoy", lambda _: images.envoy_program(self._paths))
        istio = (CLUSTER, "build istio", "build helm", "Envoy")
        yield task("Istio", self._install_istio, depends_on=istio)
        yield task(
            "load hub", partial(self._load, "hub"), depends_on=("image hub", CLUSTER)
        )
        ceph: tuple[str, ...] = ()
        if storage.kind_of(self._paths) is StorageKind.CEPH:
            ceph = (CEPH,)
            packages = ("Debian packages",)
            yield task(CEPH_IMAGE, self._build_ceph, depends_on=packages, lane="images")
            yield task(CEPH, self._start_ceph, depends_on=(CLUSTER, CEPH_IMAGE))
        yield task(
            "chart",
            self._install_chart,
            depends_on=("load hub", "CoreDNS", "Istio", *ceph),
        )
        yield task(PAGE, self._wait_for_page, depends_on=("chart",))

    def _task(
        self,
        name: str,
        work: Work,
        *,
        depends_on: tuple[str, ...] = (),
        lane: str = "",
        stale: Callable[[], bool] = lambda: True,
    ) -> Task:
        """A task whose duration is recorded when it has everything to do."""
        if not stale():
            return Task(name=name, work=work, depends_on=depends_on, lane=lane)

        def recorded(step: Step) -> None:
            work(step)
            self._durations.record(name, step.seconds())

        seconds = self._durations.expected(name)
        return Task(
            name=name, work=recorded, depends_on=depends_on, lane=lane, seconds=seconds
        )

    def _image_order(self) -> list[str]:
        rest = [name for name in self._planned if name not in FIRST_IMAGES]
        # Many are there soon when the longest comes last, and what was never timed.
        expected = {name: self._durations.expected(f"image {name}") for name in rest}
        rest.sort(key=lambda name: (expected[name] is None, expected[name] or 0.0))
        return [*FIRST_IMAGES, *rest]

    # What tasks do.

    @staticmethod
    def _lacks_packages() -> bool:
        return bool(preflight.platform_packages())

    def _packages(self, _: Step) -> None:
        _install_packages(self._paths)

    def _has_programs(self) -> bool:
        return all(map(self._builder.is_built, REQUIRED_COMPONENTS))

    def _download(self, _: Step) -> None:
        try:
            self._builder.download(REQUIRED_COMPONENTS)
        except BuildError as error:
            # A build that still lacks one asks for it again, and fails if it must.
            self._cluster.progress.say(str(error))

    def _build_task(self, component: Component) -> Task:
        return self._task(
            f"build {component.name}",
            partial(self._build, component),
            lane="go",
            stale=lambda: not self._builder.is_built(component),
        )

    def _build(self, component: Component, step: Step) -> None:
        step.total = self._builder.package_count(component)
        step.unit = "packages"

        def count(_: str) -> None:
            step.done += 1

        self._builder.build(component, count)

    def _image_task(self, name: str) -> Task:
        planned: PlannedImage = self._planned[name]
        # Further images would take cores from what the page waits for.
        follows = () if name in FIRST_IMAGES else (PAGE,)
        return self._task(
            f"image {name}",
            partial(self._build_image, name),
            depends_on=("Debian packages", *follows),
            lane="images",
            stale=lambda: not planned.built,
        )

    def _build_image(self, name: str, step: Step) -> None:
        try:
            image = images.platform_image(self._paths, name, step.set_note)
            if image.reference != self._planned[name].reference:
                raise BuildError(  # noqa: TRY301 - handled as any failed build
                    f"The sources of the image {name} changed while it was built: "
                    "run the same command again."
                )
        except BuildError:
            self._publish(name, availability.BUILD_FAILED)
            raise
        self._own[name] = image
        if self._availability.get(name) != availability.AVAILABLE:
            self._publish(name, availability.loading())

    def _build_ceph(self, step: Step) -> None:
        self._own[IMAGE] = images.platform_image(self._paths, IMAGE, step.set_note)

    def _start_ceph(self, _: Step) -> None:
        was_mounted = storage.client_mounts(
            self._paths, CPU_NODE, storage.root(self._paths)
        )
        storage.start_ceph(self._paths, self._cluster.kubectl, self._own[IMAGE])
        storage.mount_ceph(self._paths)
        if not was_mounted:
            services.recreate(self._cluster.kubectl, "reconciler")

    def _start(self, _: Step) -> None:
        self._own["pause"] = images.own_image(self._paths, "pause")
        self._cluster.start({"pause": self._own["pause"]})
        self._cluster.create_namespaces()
        storage.end_unused_ceph(self._paths, self._cluster.kubectl)

    def _add_own(self, *names: str) -> dict[str, Image]:
        """Write and load images of the cluster's own parts."""
        for name in names:
            self._own[name] = images.own_image(self._paths, name)
            self._load_everywhere(name)
        return self._own

    def _install_dns(self, _: Step) -> None:
        self._cluster.install_dns(self._add_own("coredns"))

    def _install_istio(self, _: Step) -> None:
        self._cluster.install_istio(self._add_own("istiod", "envoy"))

    def _install_chart(self, _: Step) -> None:
        for name, image in self._planned.items():
            if loading.is_loaded(self._paths, name, image.reference):
                self._availability[name] = availability.AVAILABLE
        self._platform.install(self._planned)
        self._installed = True
        self._publish_all()

    def _wait_for_page(self, _: Step) -> None:
        self._platform.forward()
        self._platform.write_facts()
        # Those of an earlier run may lack their images, which are loaded later.
        self._platform.wait(without={each.namespace for each in OPERATORS})
        self._on_page()

    def _operator_task(self, operator: Operator) -> Task:
        names = (*operator.images, operator.name)

        def install(_: Step) -> None:
            self._cluster.install_operator(operator, self._add_own(*names))

        return self._task(
            operator.name,
            install,
            depends_on=(PAGE, *operator.after, *(f"build {name}" for name in names)),
        )

    def _load(self, name: str, _: Step) -> None:
        self._load_everywhere(name)
        self._publish(name, availability.AVAILABLE)

    def _load_everywhere(self, name: str) -> None:
        for node in NODES:
            loading.load(self._paths, node, {name: self._own[name]})

    def _finish(self, _: Step) -> None:
        self._platform.wait()
        for node in NODES:
            loading.forget_old(self._paths, node, self._own)
        self._builder.tidy()

    # Conditions of environments.

    def _publish(self, image: str, state: Availability) -> None:
        self._availability[image] = state
        if self._installed:
            self._publish_all()

    def _publish_all(self) -> None:
        with self._publishing:
            known = dict(self._availability)
            ready = sum(each.available for each in known.values())
            minutes = round(self._graph.remaining_seconds(EVERYTHING) / 60)
            waiting = availability.building(ready, len(self._planned), minutes)
            availability.write_image_availability(
                self._cluster.kubectl,
                {
                    written: known.get(name, waiting)
                    for name, image in self._planned.items()
                    # Environments may call an image by either.
                    for written in (name, image.reference)
                },
            )


def _install_packages(paths: LocalPaths) -> None:
    preflight.install(preflight.platform_packages(), paths.build_logs / "packages.log")


def build(
    paths: LocalPaths, progress: Progress, phases: Iterable[Phase], *, with_images: bool
) -> None:
    """Build the programs of some phases, and the images of the platform.

    Args:
        paths: Directories of the one-machine platform.
        progress: Gets each step.
        phases: What to build.
        with_images: Whether images of environments are built as well.

    Raises:
        LauncherError: One could not be built.
    """
    _install_packages(paths)
    builder = Builder(paths)
    wanted = set(phases)
    for component in COMPONENTS:
        if component.phase in wanted:
            with progress.step(f"build {component.name}"):
                builder.build(component)
    if with_images:
        for name in images.planned_images(paths):
            with progress.step(f"image {name}"):
                images.platform_image(paths, name, progress.say)
    builder.tidy()
