"""Components are built by a real Go, from small modules without requirements."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mofang_local import components, gomodules
from mofang_local.components import COMPONENTS, SHARED_MODULE, Builder, Component, Phase
from mofang_local.errors import BuildError
from mofang_local.local_paths import LocalPaths

PRINTS = 'package main\n\nimport "mofang.dev/test/{module}/words"\n\n'
PRINTS += 'func main() {{ println(words.Word, "{program}") }}\n'

TIED_TO_KUBERNETES = {
    # Older Kubernetes libraries do not compile with newer ones of these.
    "github.com/google/cel-go",
    "github.com/google/gnostic-models",
    # Newer ones require newer Kubernetes libraries than KubeRay compiles with.
    "github.com/openshift/api",
}


@pytest.fixture(scope="module")
def go_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for the tests of this file, so that Go's runtime is compiled once."""
    return tmp_path_factory.mktemp("go-build")


@pytest.fixture
def paths(tmp_path: Path, go_cache: Path) -> LocalPaths:
    made = LocalPaths(
        repository=tmp_path / "repository",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )
    made.cache.mkdir()
    gomodules.cache_path(made).symlink_to(go_cache)
    return made


@pytest.fixture
def component(paths: LocalPaths, tmp_path: Path) -> Component:
    return component_of(paths, tmp_path.name.replace("_", "-"))


def component_of(
    paths: LocalPaths, module: str, programs: tuple[str, ...] = ("a", "b")
):
    """A module whose programs share a package of their own."""
    folder = gomodules.module_path(paths, module)
    for program in programs:
        (folder / program).mkdir(parents=True)
        text = PRINTS.format(module=module, program=program)
        (folder / program / "main.go").write_text(text)
    (folder / "words").mkdir()
    (folder / "words" / "words.go").write_text('package words\n\nconst Word = "hi"\n')
    (folder / "go.mod").write_text(f"module mofang.dev/test/{module}\n\ngo 1.26\n")
    return Component(
        name=module,
        packages={program: f"./{program}" for program in programs},
        phase=Phase.TESTS,
        module=module,
        links=("also-a",),
    )


def said(program: Path) -> str:
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    return done.stderr


def test_every_package_that_is_to_be_compiled_is_reported_once(paths, component):
    builder = Builder(paths)
    expected = builder.package_count(component)
    assert expected > 0
    compiled: list[str] = []
    builder.build(component, compiled.append)
    assert len(compiled) == expected
    assert len(set(compiled)) == expected
    assert f"mofang.dev/test/{component.module}/words" in compiled
    assert builder.package_count(component) == 0


def test_programs_are_found_under_their_names_and_links(paths, component):
    Builder(paths).build(component)
    assert said(paths.programs / "a") == "hi a\n"
    assert said(paths.programs / "also-a") == "hi a\n"
    assert said(paths.programs / "b") == "hi b\n"


def test_what_is_built_is_not_compiled_again(paths, component):
    Builder(paths).build(component)
    compiled: list[str] = []
    Builder(paths).build(component, compiled.append)
    assert Builder(paths).is_built(component)
    assert compiled == []


def test_an_interrupted_build_goes_on_with_what_is_left(paths, component):
    """As it is when the launcher was killed while it built the second program."""
    builder = Builder(paths)
    in_all = builder.package_count(component)
    builder.build(replace(component, packages={"a": "./a"}))
    left = builder.package_count(component)
    assert 0 < left < in_all
    compiled: list[str] = []
    builder.build(component, compiled.append)
    assert compiled == [f"mofang.dev/test/{component.module}/b"]
    assert said(paths.programs / "b") == "hi b\n"


def test_an_output_without_its_mark_is_built_again(paths, component):
    builder = Builder(paths)
    builder.build(component)
    program = (paths.programs / "a").resolve()
    program.write_text("half a program")
    (program.parent / ".complete").unlink()
    assert not builder.is_built(component)
    builder.build(component)
    assert said(paths.programs / "a") == "hi a\n"


def test_sources_that_do_not_compile_are_named_with_the_log(paths, component):
    builder = Builder(paths)
    main = gomodules.module_path(paths, component.module) / "b" / "main.go"
    main.write_text("package main\n\nfunc main() { missing() }\n")
    compiled: list[str] = []
    with pytest.raises(BuildError, match="undefined: missing") as caught:
        builder.build(component, compiled.append)
    assert str(paths.build_logs / f"{component.name}.log") in str(caught.value)
    assert all(" " not in each for each in compiled)
    assert not builder.is_built(component)


def test_a_changed_source_replaces_the_old_output(paths, component):
    builder = Builder(paths)
    builder.build(component)
    word = gomodules.module_path(paths, component.module) / "a" / "main.go"
    word.write_text('package main\n\nfunc main() { println("new") }\n')
    assert not builder.is_built(component)
    builder.build(component)
    assert said(paths.programs / "a") == "new\n"
    assert len(list((paths.cache / "programs").glob(f"{component.name}-*"))) == 1


def test_components_are_built_side_by_side(paths):
    builder = Builder(paths)
    both = [component_of(paths, name, (name,)) for name in ("one", "two")]
    compiled: dict[str, list[str]] = {"one": [], "two": []}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda it: builder.build(it, compiled[it.name].append), both))
    for name in ("one", "two"):
        assert said(paths.programs / name) == f"hi {name}\n"
        assert f"mofang.dev/test/{name}/{name}" in compiled[name]


def test_the_cache_of_go_is_given_back(paths):
    cache = gomodules.cache_path(paths)
    cache.unlink()
    (cache / "00").mkdir(parents=True)
    Builder(paths).forget_go_cache()
    assert not cache.exists()


def test_a_module_that_cannot_be_had_stops_the_count_with_its_name(paths, component):
    main = gomodules.module_path(paths, component.module) / "a" / "main.go"
    main.write_text('package main\n\nimport _ "mofang.invalid/x"\n\nfunc main() {}\n')
    with pytest.raises(BuildError, match=r"mofang\.invalid/x"):
        Builder(paths).package_count(component)


def test_the_key_changes_with_every_input(tmp_path):
    component = Component(name="x", packages={"x": "./x"}, phase=Phase.TESTS)
    (tmp_path / "go.mod").write_text("module x")
    keys = {components.key(component, tmp_path, "go1")}
    keys.add(components.key(component, tmp_path, "go2"))
    keys.add(components.key(replace(component, links=("y",)), tmp_path, "go1"))
    (tmp_path / "go.sum").write_text("x v1 h1:abc")
    keys.add(components.key(component, tmp_path, "go1"))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "main.go").write_text("package main")
    keys.add(components.key(component, tmp_path, "go1"))
    assert len(keys) == 5


def test_the_main_package_of_another_component_does_not_change_the_key(tmp_path):
    component = Component(name="x", packages={"x": "./x"}, phase=Phase.TESTS)
    (tmp_path / "go.mod").write_text("module x")
    before = components.key(component, tmp_path, "go1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "main.go").write_text("package main")
    assert components.key(component, tmp_path, "go1") == before


def required(module: str) -> dict[str, str]:
    """Version by module, replacements applied."""
    repository = Path(__file__).parents[3]
    text = (repository / "helm/local/components" / module / "go.mod").read_text()
    versions = dict(
        re.findall(r"^\s*(\S+\.\S+/\S+) (v\S+)(?: // indirect)?$", text, re.MULTILINE)
    )
    replaced = dict(re.findall(r"^\s*(\S+) => \1 (v\S+)$", text, re.MULTILINE))
    return versions | {name: replaced[name] for name in replaced if name in versions}


def test_every_component_has_its_pinned_module():
    for component in COMPONENTS:
        assert required(component.module)


def test_the_shared_module_has_one_version_of_the_kubernetes_libraries():
    versions = required(SHARED_MODULE)
    assert versions["k8s.io/kubernetes"] == components.KUBERNETES_VERSION
    libraries = ("api", "apimachinery", "apiserver", "client-go", "kubelet", "kubectl")
    found = {versions[f"k8s.io/{name}"] for name in libraries}
    assert found == {components.KUBERNETES_VERSION.replace("v1.", "v0.")}


@pytest.mark.parametrize(
    "module", sorted({each.module for each in COMPONENTS} - {SHARED_MODULE})
)
def test_other_modules_take_versions_from_the_shared_one(module):
    """Or Go compiles the same packages once more, for want of a common version."""
    shared, own = required(SHARED_MODULE), required(module)
    differing = {
        name
        for name in shared.keys() & own.keys()
        if shared[name] != own[name] and ".k8s.io/" not in f".{name}"
    }
    assert differing <= TIED_TO_KUBERNETES
