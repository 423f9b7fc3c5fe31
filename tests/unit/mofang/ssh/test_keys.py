"""The key pair: made once by real ssh-keygen, whoever comes first."""

import stat
import subprocess
import sys

import pytest

from mofang.errors import ConfigurationError
from mofang.ssh.keys import ensure_key, read_public_key


def keygen(path, passphrase=""):
    arguments = ["-q", "-t", "ed25519", "-C", "ada@home", "-N", passphrase, "-f", path]
    subprocess.run(["ssh-keygen", *arguments], check=True)
    return " ".join(path.with_name(f"{path.name}.pub").read_text().split()[:2])


MAKE = """
import pathlib, sys
from mofang.ssh.keys import ensure_key, read_public_key
sys.stdin.readline()
print(read_public_key(ensure_key(pathlib.Path(sys.argv[1]))))
"""


def test_commands_at_once_make_one_key(tmp_path):
    arguments = [sys.executable, "-c", MAKE, tmp_path / "ssh"]
    pipe = subprocess.PIPE
    commands = [subprocess.Popen(arguments, stdin=pipe, stdout=pipe) for _ in range(8)]
    for command in commands:
        command.stdin.write(b"go\n")
        command.stdin.flush()
    keys = {command.communicate(timeout=30)[0] for command in commands}
    assert len(keys) == 1
    assert keys.pop().startswith(b"ssh-ed25519 ")
    path = tmp_path / "ssh" / "id_ed25519"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    names = {each.name for each in path.parent.iterdir()}
    assert names == {".lock", "id_ed25519", "id_ed25519.pub"}


def test_the_key_that_is_there_is_kept(tmp_path):
    first = ensure_key(tmp_path).read_bytes()
    assert ensure_key(tmp_path).read_bytes() == first


def test_only_type_and_content_of_the_public_half_are_told(tmp_path):
    line = keygen(tmp_path / "mine")
    assert read_public_key(tmp_path / "mine") == line
    assert read_public_key(tmp_path / "mine.pub") == line
    (tmp_path / "mine.pub").unlink()
    assert read_public_key(tmp_path / "mine") == line


def test_a_key_with_a_passphrase_needs_its_public_half_beside_it(tmp_path):
    line = keygen(tmp_path / "mine", "secret")
    assert read_public_key(tmp_path / "mine") == line
    (tmp_path / "mine.pub").unlink()
    with pytest.raises(ConfigurationError, match=r"public half beside it"):
        read_public_key(tmp_path / "mine")


def test_what_is_no_key_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="There is no key"):
        read_public_key(tmp_path / "absent")
    (tmp_path / "note").write_text("hello")
    with pytest.raises(ConfigurationError, match="ssh-keygen"):
        read_public_key(tmp_path / "note")
    (tmp_path / "note.pub").write_text("hello")
    with pytest.raises(ConfigurationError, match="does not hold a public key"):
        read_public_key(tmp_path / "note")


def test_without_openssh_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Install the OpenSSH client"):
        ensure_key(tmp_path / "ssh")
