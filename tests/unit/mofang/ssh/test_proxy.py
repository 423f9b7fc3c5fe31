"""``mofang ssh-proxy`` as a process, against a real WebSocket server."""

import asyncio
import hashlib
import json
import os
import random
import socket
import subprocess
from contextlib import suppress

import pytest
from unit.mofang.ssh.bridge import JOB, echo, keep_open, running_service

CHUNK = random.Random(1).randbytes(1024 * 1024 + 17)
CHUNKS = 50


async def ended(process, seconds=60):
    async with asyncio.timeout(seconds):
        code = await process.wait()
        # What could not be written is an exception of the closed pipe.
        process.stdin.close()
        with suppress(BrokenPipeError, ConnectionResetError):
            await process.stdin.wait_closed()
        return code, (await process.stderr.read()).decode()


async def feed(process, chunks=CHUNKS):
    for _ in range(chunks):
        process.stdin.write(CHUNK)
        await process.stdin.drain()


def digest_of(chunks):
    digest = hashlib.sha256()
    for _ in range(chunks):
        digest.update(CHUNK)
    return digest.hexdigest()


async def digest_from(process, size):
    digest, left = hashlib.sha256(), size
    while left and (content := await process.stdout.read(min(left, 1 << 18))):
        digest.update(content)
        left -= len(content)
    return digest.hexdigest()


async def test_the_request_says_who_comes_and_nothing_of_a_page(ssh_service):
    process = await ssh_service.proxy()
    process.stdin.write(b"SSH-2.0-here\r\n")
    assert await process.stdout.readexactly(14) == b"SSH-2.0-here\r\n"
    [(replica, headers)] = ssh_service.asked
    assert replica == "worker/1"
    assert headers["Authorization"].startswith("token ")
    public = os.path.join(os.environ["XDG_CONFIG_HOME"], "mofang/ssh/id_ed25519.pub")  # noqa: PTH118
    with open(public) as file:  # noqa: PTH123, ASYNC230 - a few bytes
        assert headers["Mofang-Public-Key"] == " ".join(file.read().split()[:2])
    assert "Origin" not in headers
    process.stdin.close()
    assert await ended(process) == (0, "")


async def test_fifty_megabytes_go_both_ways_at_once(ssh_service):
    process = await ssh_service.proxy()
    feeding = asyncio.create_task(feed(process))
    async with asyncio.timeout(60):
        got = await digest_from(process, CHUNKS * len(CHUNK))
    await feeding
    assert got == digest_of(CHUNKS)
    process.stdin.close()
    assert await ended(process) == (0, "")


@pytest.fixture
def certificate(tmp_path):
    """Return a file with a key and a certificate for this machine."""
    path = tmp_path / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=here"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", path, "-out", tmp_path / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "certificate.pem").read_text())
    return path


async def test_encrypted_too_and_only_to_whom_is_trusted(certificate):
    async with running_service(certificate=certificate) as service:
        process = await service.proxy()
        feeding = asyncio.create_task(feed(process))
        async with asyncio.timeout(60):
            got = await digest_from(process, CHUNKS * len(CHUNK))
        await feeding
        assert got == digest_of(CHUNKS)
        process.stdin.close()
        assert await ended(process) == (0, "")
        environment = service.environment()
        del environment["SSL_CERT_FILE"]
        code, said = await ended(await service.proxy(env=environment))
        assert code == 255
        assert "cannot be reached" in said
        assert len(service.asked) == 1


async def test_a_slow_reader_holds_the_service_back(ssh_service):
    async def flood(peer):
        for _ in range(CHUNKS):
            await peer.write(CHUNK)

    ssh_service.behaviour = flood
    process = await ssh_service.proxy()
    sent = await steady(lambda: ssh_service.peers and ssh_service.peers[0].sent)
    assert 0 < sent < 30 * len(CHUNK)
    assert await digest_from(process, CHUNKS * len(CHUNK)) == digest_of(CHUNKS)
    # The service closed; our input is still open.
    assert await ended(process) == (0, "")


async def test_a_slow_service_holds_the_writer_back(ssh_service):
    go = asyncio.Event()
    taken = hashlib.sha256()

    async def wait(peer):
        await go.wait()
        while isinstance(content := await peer.read(), bytes):
            taken.update(content)

    ssh_service.behaviour = wait
    process = await ssh_service.proxy()
    written = 0

    async def push():
        nonlocal written
        for _ in range(CHUNKS):
            process.stdin.write(CHUNK)
            await process.stdin.drain()
            written += 1

    pushing = asyncio.create_task(push())
    assert await steady(lambda: written) < 20
    go.set()
    async with asyncio.timeout(30):
        await pushing
    process.stdin.close()
    assert await ended(process) == (0, "")
    await ssh_service.ended.wait()
    assert taken.hexdigest() == digest_of(CHUNKS)


async def steady(check):
    """Return a number once it has not grown for a while."""
    before, now = -1, 0
    while now != before or not now:
        await asyncio.sleep(0.7)
        before, now = now, check()
    return now


async def test_what_comes_after_the_input_has_ended_still_arrives(ssh_service):
    async def answer(peer):
        assert await peer.read() == b"question"
        for _ in range(10):
            await asyncio.sleep(0.3)
            await peer.write(CHUNK)

    ssh_service.behaviour = answer
    process = await ssh_service.proxy()
    process.stdin.write(b"question")
    process.stdin.close()
    # Longer than we would wait in silence: a slow reader is not silence.
    await asyncio.sleep(3)
    assert await digest_from(process, 10 * len(CHUNK)) == digest_of(10)
    assert await ended(process) == (0, "")


async def test_an_input_that_has_ended_ends_a_silent_session(ssh_service):
    ssh_service.behaviour = keep_open
    process = await ssh_service.proxy()
    process.stdin.close()
    assert await ended(process, 30) == (0, "")
    await asyncio.wait_for(ssh_service.ended.wait(), 30)
    assert ssh_service.peers[0].handler.close_code == 1000


async def test_an_output_that_nobody_reads_any_more_ends_it(ssh_service):
    async def trickle(peer):
        while True:
            await asyncio.sleep(0.05)
            await peer.write(b"more")

    ssh_service.behaviour = trickle
    reading, writing = os.pipe()
    process = await ssh_service.proxy(stdout=writing)
    os.close(writing)
    await asyncio.sleep(1)
    os.close(reading)
    assert await ended(process, 30) == (0, "")


async def test_the_sentence_of_the_service_is_told(ssh_service):
    async def refuse(peer):
        await peer.read()
        await peer.write(json.dumps({"error": "worker-1 was \x1b[31mreplaced."}))

    ssh_service.behaviour = refuse
    process = await ssh_service.proxy()
    process.stdin.write(b"SSH-2.0-here\r\n")
    code, said = await ended(process)
    assert (code, said) == (255, "mofang: worker-1 was [31mreplaced.\n")
    assert await process.stdout.read() == b""


async def test_the_sentence_is_told_in_the_middle_of_a_flood(ssh_service):
    async def refuse(peer):
        await peer.read()
        await peer.write('{"error": "The job has ended."}')

    ssh_service.behaviour = refuse
    process = await ssh_service.proxy()
    feeding = asyncio.create_task(feed(process))
    assert await ended(process) == (255, "mofang: The job has ended.\n")
    await asyncio.gather(feeding, return_exceptions=True)


@pytest.mark.parametrize("status", [401, 403, 404, 409, 503])
async def test_a_refusal_is_a_sentence_and_ssh_s_exit_code(ssh_service, status):
    ssh_service.refusal = status, "worker-1 does not run."
    process = await ssh_service.proxy()
    code, said = await ended(process)
    assert code == 255
    assert said.startswith("mofang: worker-1 does not run.")
    assert await process.stdout.read() == b""


async def test_a_connection_that_breaks_is_told(ssh_service):
    async def tear(peer):
        await peer.read()
        stream = peer.handler.ws_connection.stream
        stream.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )
        stream.close()

    ssh_service.behaviour = tear
    process = await ssh_service.proxy()
    process.stdin.write(b"SSH-2.0-here\r\n")
    code, said = await ended(process)
    assert code == 255
    assert "was lost" in said


async def test_nobody_there_is_told(ssh_service):
    nobody = {"MOFANG_API_URL": "http://127.0.0.1:9/services/t"}
    process = await ssh_service.proxy(env={**ssh_service.environment(), **nobody})
    code, said = await ended(process)
    assert code == 255
    assert "cannot be reached" in said


async def test_pings_are_answered_in_silence_and_while_ssh_stands_still():
    async def flood(peer):
        await peer.read()
        await peer.write(CHUNK * 4)
        await echo(peer)

    # It closes when a ping is without an answer until the next.
    async with running_service(ping_seconds=3) as service:
        service.behaviour = flood
        process = await service.proxy()
        await asyncio.sleep(7)
        process.stdin.write(b"begin")
        await asyncio.sleep(8)
        assert await digest_from(process, 4 * len(CHUNK)) == digest_of(4)
        process.stdin.write(b"still here")
        assert await process.stdout.readexactly(10) == b"still here"
        process.stdin.close()
        assert await ended(process) == (0, "")


async def test_without_a_replica_the_leading_one_is_meant(ssh_service):
    ssh_service.behaviour = echo
    process = await ssh_service.start("ssh-proxy", JOB)
    process.stdin.write(b"x")
    assert await process.stdout.readexactly(1) == b"x"
    assert ssh_service.asked[0][0] == "worker/0"
    process.stdin.close()
    assert await ended(process) == (0, "")
