"""Packages that Debian brought, which have no list of their files."""

from dataclasses import replace

import pytest

from mofang_run.environments.image import Image
from mofang_run.environments.plan import build_plan


@pytest.fixture
def dpkg(tmp_path):
    """A folder of Debian's packages; returns how one is installed there."""
    root = tmp_path / "dpkg"
    (root / "info").mkdir(parents=True)
    (root / "status").write_text("")
    site = tmp_path / "dist-packages"
    site.mkdir()

    def install(package: str, files: dict[str, str], listed: bool = True) -> None:
        for name, text in files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text)
        if listed:
            lines = [str(site), *(f"{site}/{name}" for name in files)]
            (root / "info" / f"{package}.list").write_text("\n".join(lines))

    install.root, install.site = root, site
    return install


@pytest.fixture
def image(tmp_path, dpkg):
    prefix = tmp_path / "image"
    own = prefix / "lib" / "python3.13" / "site-packages"
    own.mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "share").mkdir()
    python = prefix / "bin" / "python3"
    return Image(prefix, python, "3.13", (own, dpkg.site), dpkg.root)


def distribution(plan, image, name):
    """Read a planned package as pip would find it."""
    [record] = [
        text.decode().splitlines()
        for path, (text, _) in plan.files.items()
        if path.endswith("RECORD") and f"/{name}-" in path
    ]
    return sorted(line.removesuffix(",,") for line in record)


TORCH = {
    "torch/__init__.py": "",
    "torch/_C.so": "",
    "torch/deep/er.py": "",
}


@pytest.mark.parametrize("listed", [True, False], ids=["by dpkg", "by its modules"])
@pytest.mark.parametrize("info", ["torch-2.6.0.dist-info", "torch-2.6.0.egg-info"])
def test_it_gets_a_list_of_its_files(dpkg, image, info, listed):
    metadata = "METADATA" if info.endswith("dist-info") else "PKG-INFO"
    about = {
        f"{info}/INSTALLER": "debian\n",
        f"{info}/{metadata}": "Name: torch\nVersion: 2.6.0\n\nText",
        f"{info}/top_level.txt": "torch\n",
    }
    dpkg("python3-torch", TORCH | about, listed)
    plan = build_plan(image, image.prefix / "x", ())
    assert plan.distributions == {"torch": "2.6.0"}
    assert distribution(plan, image, "torch") == sorted(
        [
            *TORCH,
            *(f"torch-2.6.0.dist-info/{name}" for name in ("INSTALLER", "METADATA")),
            *(f"torch-2.6.0.dist-info/{name}" for name in ("RECORD", "top_level.txt")),
        ]
    )
    assert not any("egg-info" in path for path in plan.links)
    assert not {*plan.links} & {*plan.files}
    target = plan.links["lib/python3.13/site-packages/torch/_C.so"]
    assert target == f"{dpkg.site}/torch/_C.so"


def test_metadata_in_one_file_is_enough(dpkg, image):
    dpkg("python3-old", {"old.py": "", "old-1.egg-info": "Name: old\nVersion: 1\n"})
    plan = build_plan(image, image.prefix / "x", ())
    assert "old.py" in distribution(plan, image, "old")


def test_packages_of_the_image_come_before_those_of_debian(dpkg, image):
    """Of two NumPys one is found, and nothing of the other one."""
    own = image.sites[0]
    (own / "numpy").mkdir()
    (own / "numpy" / "__init__.py").touch()
    (own / "numpy-2.1.dist-info").mkdir()
    (own / "numpy-2.1.dist-info" / "METADATA").touch()
    (own / "numpy-2.1.dist-info" / "RECORD").write_text("numpy/__init__.py,,\n")
    files = {
        "numpy/__init__.py": "",
        "numpy/core.py": "",
        "numpy/__pycache__/core.x.pyc": "",
    }
    dpkg(
        "python3-numpy",
        {**files, "numpy-1.9.egg-info/PKG-INFO": "Name: numpy\nVersion: 1\n"},
    )
    plan = build_plan(image, image.prefix / "x", ())
    assert plan.distributions == {"numpy": "2.1"}
    links = {path: to for path, to in plan.links.items() if "/numpy" in path}
    assert all(to.startswith(str(own)) for to in links.values())


def test_folders_that_are_no_packages_are_merged(dpkg, image):
    own = image.sites[0]
    (own / "google" / "api").mkdir(parents=True)
    (own / "google" / "api" / "__init__.py").touch()
    dpkg("python3-protobuf", {"google/protobuf/__init__.py": ""})
    plan = build_plan(image, image.prefix / "x", ())
    folder = "lib/python3.13/site-packages/google"
    assert f"{folder}/api/__init__.py" in plan.links
    assert f"{folder}/protobuf/__init__.py" in plan.links


def test_what_was_excluded_is_left_out_with_its_byte_code(dpkg, image):
    about = {"torch-2.6.0.dist-info/METADATA": "Name: torch\n"}
    dpkg(
        "python3-torch",
        {**TORCH, "torch/deep/__pycache__/er.cpython-313.pyc": "", **about},
    )
    plan = build_plan(image, image.prefix / "x", {"torch"})
    assert not any("torch" in path for path in plan.links)
    assert plan.distributions == {"torch": "2.6.0"}


def test_another_state_of_debian_is_another_image(dpkg, image):
    before = image.identity
    (dpkg.root / "status").write_text("Package: python3-torch\nVersion: 2\n")
    again = replace(image)
    assert again.identity != before
