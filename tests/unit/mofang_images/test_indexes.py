import pytest

from mofang_images.indexes import index_variables

PIP = """\
[global]
index-url = https://pip.example/simple
trusted-host =
    one.example
    two.example
"""
UV = """\
index-url = "https://old.example/simple"

[[index]]
url = "https://extra.example/simple"

[[index]]
url = "https://pinned.example/simple"
explicit = true

[[index]]
url = "https://uv.example/simple"
default = true
"""


@pytest.fixture
def found(tmp_path):
    """Return what is found with these files in a home and these variables."""

    def read(environment=(), **files):
        for name, text in files.items():
            folder = tmp_path / "home" / ".config" / name
            folder.mkdir(parents=True)
            suffix = "conf" if name == "pip" else "toml"
            (folder / f"{name}.{suffix}").write_text(text)
        return index_variables(
            dict(environment), etc=tmp_path / "etc", home=tmp_path / "home"
        )

    return read


def test_a_machine_without_settings_leaves_the_programs_theirs(found):
    assert found() == {}


def test_what_pip_was_told_holds_for_uv(found):
    assert found(pip=PIP) == {
        "PIP_INDEX_URL": "https://pip.example/simple",
        "UV_DEFAULT_INDEX": "https://pip.example/simple",
        "PIP_TRUSTED_HOST": "one.example two.example",
        "UV_INSECURE_HOST": "one.example two.example",
    }


def test_what_uv_was_told_holds_for_pip(found):
    assert found(uv=UV) == {
        "PIP_INDEX_URL": "https://uv.example/simple",
        "UV_DEFAULT_INDEX": "https://uv.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://extra.example/simple",
        "UV_INDEX": "https://extra.example/simple",
    }


def test_the_environment_is_stronger_than_files(found):
    told = {"PIP_INDEX_URL": "https://env.example/simple", "PIP_CERT": "/ca.crt"}

    assert found(told, pip=PIP)["PIP_INDEX_URL"] == "https://env.example/simple"
    assert "PIP_CERT" not in found(told)
