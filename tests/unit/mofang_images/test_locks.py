import re
import tomllib

import pytest

from mofang_images.locks import OWN_PACKAGES
from mofang_images.sources import LAYER, Kind, read_sources, with_needed

from .conftest import REPOSITORY

IMAGES = REPOSITORY / "images"
LOCKED = sorted(lock.parent.name for lock in IMAGES.glob("*/requirements.txt"))


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path):
    """Return the versions a lock fixes, by normal name."""
    found = re.findall(
        r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", path.read_text(), re.MULTILINE
    )
    return {normal(name): version for name, version in found}


@pytest.fixture(params=LOCKED)
def image(request):
    return request.param


@pytest.fixture
def lock(image):
    return IMAGES / image / "requirements.txt"


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
    layer = [sources[LAYER]] if sources[image].kind is Kind.FOUNDATION else []
    asked = set()
    for project in [each for of in [sources[image], *layer] for each in of.projects]:
        declared = tomllib.loads((REPOSITORY / project / "pyproject.toml").read_text())
        for requirement in declared["project"]["dependencies"]:
            asked.add(normal(re.match(r"[A-Za-z0-9._-]+", requirement)[0]))

    assert asked - set(OWN_PACKAGES) <= pins(lock).keys()


def test_images_hold_what_developers_test_with(lock):
    tested = pins(REPOSITORY / "requirements.lock")
    held = pins(lock)

    differing = {
        name: (held[name], tested[name])
        for name in held.keys() & tested.keys()
        if held[name] != tested[name]
    }
    assert differing == {}


def test_an_environment_agrees_with_what_it_stands_on(image, lock):
    """Layers add packages; none replaces one of a layer below."""
    line = with_needed(read_sources(IMAGES), [image])
    locks = [IMAGES / each / "requirements.txt" for each in line]

    held = pins(lock)
    for versions in [pins(each) for each in locks if each.exists()]:
        shared = held.keys() & versions.keys()
        assert {each: held[each] for each in shared} == {
            each: versions[each] for each in shared
        }


def test_servers_start_without_the_slow_checker_of_international_addresses(lock):
    """rfc3987_syntax costs each start of a server a second."""
    assert "rfc3987-syntax" not in pins(lock)
