import re
import tomllib

import pytest

from mofang_images.locks import LOCK, OWN_PACKAGES, locks_of
from mofang_images.sources import LAYER, SourceKind, read_sources, with_needed

from .conftest import REPOSITORY

IMAGES = REPOSITORY / "images"
LOCKS = sorted(IMAGES.glob("*/requirements*.txt"))


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path):
    """Return the versions a lock fixes, by normal name."""
    found = re.findall(
        r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", path.read_text(), re.MULTILINE
    )
    return {normal(name): version for name, version in found}


def lock_name(lock):
    return lock.relative_to(IMAGES).as_posix()


@pytest.fixture(params=LOCKS, ids=lock_name)
def lock(request):
    return request.param


@pytest.fixture
def image(lock):
    return lock.parent.name


def test_no_lock_names_a_registry(lock):
    text = lock.read_text()

    assert "://" not in text
    assert "index-url" not in text


def test_every_locked_package_has_a_hash(lock):
    packages = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text().strip())

    assert all("--hash=sha256:" in package for package in packages)


def test_locks_hold_what_our_projects_ask_for(image, lock):
    """A dependency added to a project reaches the images it is in."""
    sources = read_sources(IMAGES)
    layer = [sources[LAYER]] if sources[image].kind is SourceKind.FOUNDATION else []
    asked = set()
    for project in [each for of in [sources[image], *layer] for each in of.projects]:
        declared = tomllib.loads((REPOSITORY / project / "pyproject.toml").read_text())
        for requirement in declared["project"]["dependencies"]:
            asked.add(normal(re.match(r"[A-Za-z0-9._-]+", requirement)[0]))

    assert asked - set(OWN_PACKAGES) <= pins(lock).keys()


def test_images_hold_what_developers_test_with(lock):
    tested = pins(REPOSITORY / "requirements.lock")
    file_lock = pins(lock)

    differing = {
        name: (file_lock[name], tested[name])
        for name in file_lock.keys() & tested.keys()
        if file_lock[name] != tested[name]
    }
    assert differing == {}


def shared_versions(one, other):
    """Return what both locks hold, as the first and as the second have it."""
    names = one.keys() & other.keys()
    return {each: one[each] for each in names}, {each: other[each] for each in names}


def test_an_environment_agrees_with_what_it_stands_on(image, lock):
    """Layers add packages; none replaces one of a layer below."""
    line = with_needed(read_sources(IMAGES), [image])
    for below in [each for name in line for each in locks_of(IMAGES / name)]:
        ours, theirs = shared_versions(pins(lock), pins(below))
        assert ours == theirs, f"{lock} and {below} differ"


def test_the_tensorflow_beside_horovod_agrees_with_what_is_there():
    tensorflow = pins(IMAGES / "tensorflow" / LOCK)
    for image in ("pytorch", "horovod"):
        ours, theirs = shared_versions(tensorflow, pins(IMAGES / image / LOCK))
        assert ours == theirs


def test_every_image_for_gpus_has_what_its_environment_has():
    """A program that runs in the one runs in the other."""
    for source in read_sources(IMAGES).values():
        lock = source.folder / "requirements-gpu.txt"
        if not lock.exists():
            continue
        assert source.gpu
        missing = pins(source.folder / LOCK).keys() - pins(lock).keys()
        assert {each for each in missing if not each.endswith("-cpu")} == set()


def test_servers_start_without_the_slow_checker_of_international_addresses(lock):
    """rfc3987_syntax costs each start of a server a second."""
    assert "rfc3987-syntax" not in pins(lock)
