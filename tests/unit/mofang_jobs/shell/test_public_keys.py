"""Which lines name a key that may be let in, and what each refusal says."""

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_jobs.domain.public_keys import MAX_BYTES, parse_public_key
from mofang_kube.errors import RefusedError


def part(*values: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in values)


def line(kind: str, *values: bytes, key_line: str = "") -> str:
    content = part((key_line or kind).encode(), *values)
    return f"{kind} {base64.b64encode(content).decode()}"


POINT = b"\x04" + bytes(64)
MODULUS = b"\x00\x80" + bytes(255)
ED25519 = line("ssh-ed25519", bytes(32))


@pytest.mark.parametrize(
    "arguments",
    ["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048"],
)
def test_keys_of_ssh_keygen_pass_and_have_its_fingerprint(
    tmp_path: Path, arguments: str
) -> None:
    words = ["ssh-keygen", "-q", "-N", "", "-f", tmp_path / "key", "-t"]
    subprocess.run([*words, *arguments.split()], check=True)
    public = (tmp_path / "key.pub").read_text()
    shown = subprocess.check_output(["ssh-keygen", "-lf", tmp_path / "key.pub"])
    key_line = " ".join(public.split()[:2])

    key = parse_public_key(key_line)

    assert key.line == key_line
    assert key.fingerprint == shown.decode().split()[1]


@pytest.mark.parametrize(
    "key_line",
    [
        line("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"),
        line("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", POINT, b"ssh:"),
    ],
)
def test_keys_of_security_tokens_pass(key_line: str) -> None:
    assert parse_public_key(key_line).line == key_line


@pytest.mark.parametrize(
    ("key_line", "message"),
    [
        pytest.param("", "is missing", id="nothing"),
        pytest.param(f"{ED25519} ada@home", "one line", id="a comment"),
        pytest.param(f'command="id" {ED25519}', "one line", id="an option"),
        pytest.param(f"{ED25519}\n", "one line", id="the end of a line"),
        pytest.param(f"{ED25519}\n{ED25519}", "one line", id="two lines"),
        pytest.param(f"{ED25519},{ED25519}", "one line", id="the header twice"),
        pytest.param(f"{ED25519} ", "one line", id="a space"),
        pytest.param(ED25519.replace(" ", "  "), "one line", id="two spaces"),
        pytest.param(f"ssh-rsa {'A' * MAX_BYTES}", "2 KiB", id="too long"),
        pytest.param(line("ssh-dss", b"1"), "not accepted", id="a type of old"),
        pytest.param(
            line("ssh-ed25519-cert-v01@openssh.com", b"1"), "not accepted", id="signed"
        ),
        pytest.param(
            line("ssh-ed25519", bytes(32), key_line="ssh-rsa"),
            "of another type",
            id="a type that is not its own",
        ),
        pytest.param(line("ssh-ed25519", bytes(31)), "32 bytes", id="too short"),
        pytest.param(line("ssh-ed25519"), "ends too soon", id="nothing in it"),
        pytest.param(
            line("ssh-ed25519", bytes(32), b"more"), "follows", id="more behind it"
        ),
        pytest.param(
            line("ecdsa-sha2-nistp384", b"nistp384", POINT), "no point", id="a curve's"
        ),
        pytest.param(
            line("ecdsa-sha2-nistp256", b"nistp384", POINT), "no point", id="curves"
        ),
        pytest.param(
            line("ssh-rsa", b"\x03", b"\x7f" + bytes(127)), "2048 bits", id="weak"
        ),
        pytest.param(
            line("ssh-rsa", b"\x03", MODULUS[1:]),
            "are not valid",
            id="a negative number",
        ),
        pytest.param("ssh-ed25519 AAAAC", "not a whole", id="half a byte"),
        pytest.param("ssh-ed25519 AAAA=", "not a whole", id="padding of nothing"),
    ],
)
def test_other_lines_are_refused(key_line: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        parse_public_key(key_line)


def test_an_encoding_that_is_not_openssh_s_is_refused() -> None:
    """Bits that say nothing are zero there; two lines must not name one key."""
    key_line = line("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:")
    assert key_line.endswith("=")
    unused = chr(ord(key_line.rstrip("=")[-1]) + 1)
    bent = key_line.rstrip("=")[:-1] + unused + "=" * key_line.count("=")

    with pytest.raises(RefusedError):
        parse_public_key(bent)


@given(st.text() | st.binary().map(lambda x: f"ssh-rsa {base64.b64encode(x).decode()}"))
def test_no_line_breaks_the_check(key_line: str) -> None:
    with pytest.raises(RefusedError):
        parse_public_key(key_line)


@given(st.binary(min_size=32, max_size=32))
def test_every_such_key_passes(content: bytes) -> None:
    key_line = line("ssh-ed25519", content)

    assert parse_public_key(key_line).line == key_line
