"""Where packages come from is a setting of the machine, never of the project."""

import re
import shutil
import subprocess

import pytest

# Written as patterns, so that this file is not among those that name one.
REGISTRIES = re.compile(
    rb"(deb|security|ftp|snapshot|archive)\.debian\.org"
    rb"|(archive|security)\.ubuntu\.com"
    rb"|(^|[^a-z.])(test\.)?pypi\.(org|python\.org)|pythonhosted\.org"
    rb"|download\.pytorch\.org|(conda|repo)\.anaconda\.(org|com)"
    rb"|registry\.(npmjs\.org|yarnpkg\.com)|npmmirror\.com|deb\.nodesource\.com"
    rb"|(proxy|sum)\.golang\.org|goproxy\.[a-z]+"
    rb"|repo1?\.maven\.(apache\.)?org|rubygems\.org|static\.crates\.io"
)


@pytest.mark.parametrize(
    "address",
    [
        b"http://deb.debian%sorg/debian",
        b"https://pypi%sorg/simple",
        b"https://files.pythonhosted%sorg/packages",
        b"https://registry.npmjs%sorg/left-pad",
        b"https://proxy.golang%sorg",
        b"https://repo1.maven%sorg/maven2",
    ],
)
def test_the_usual_registries_are_recognised(address):
    assert REGISTRIES.search(address % b".")


def test_no_file_of_the_project_names_a_package_registry(repository):
    git = shutil.which("git")
    assert git, "git lists the files of the project: apt-get install git."
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=repository, check=True, capture_output=True
    ).stdout
    files = [repository / name.decode() for name in listed.split(b"\0") if name]
    assert files

    naming = {
        str(file.relative_to(repository)): found[0]
        for file in files
        if file.is_file() and (found := REGISTRIES.search(file.read_bytes()))
    }

    assert naming == {}
