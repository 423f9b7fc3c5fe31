"""Requests of two readings: one hides in what a lenient reader takes as a body."""

from random import Random
from typing import ClassVar

from typing_extensions import override

from attack.attack import Attack
from attack.request import Request
from attack.scene import ANONYMOUS, COLLEAGUE, OUTSIDER, Caller, Scene

MARK = "/services/training/api/projects/smuggled/jobs"
"""What the hidden request asks for, with a name of its own each time.

No log may have it, since nobody sent it.
"""


class Framing(Attack):
    """Lengths that disagree, line ends, chunk extensions, folded and broken headers."""

    name = "framing"
    weight = 1.5
    # Some are refused after 10 s.
    together: ClassVar = 48
    callers: ClassVar = (ANONYMOUS, OUTSIDER, COLLEAGUE)

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request that ends in one place for one reader, and in another."""
        path = random.choice(
            [f"{scene.jobs}/preview", "/hub/login", f"{scene.server_path}api/kernels"]
        )
        host = scene.victim_host if path.startswith("/user/") else scene.host
        name = f"h{random.randrange(16**8):08x}"
        hidden = f"GET {MARK}/{name} HTTP/1.1\r\nHost: {scene.host}\r\n\r\n".encode()
        head = [f"POST {path} HTTP/1.1".encode(), b"Host: " + host.encode()]
        head += [f"{name}: {text}".encode() for name, text in caller.headers]
        writes = random.choice(
            (
                self._both_lengths,
                self._odd_codings,
                self._odd_lengths,
                self._folded,
                self._chunks,
                self._line_ends,
                self._start_lines,
            )
        )
        payload = writes(random, head, hidden)
        return Request(
            payload=payload,
            caller=caller.role,
            # Some are plain requests for the log-in page.
            must_be_refused=path != "/hub/login" and writes != self._start_lines,
            # A client of HTTP/2 or TLS that does not go on is left.
            may_close=payload.startswith((b"PRI ", b"\x16")),
        )

    def _both_lengths(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        body = b"0\r\n\r\n" + hidden
        lengths = [b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"]
        if random.random() < 0.5:
            lengths[0] = b"Content-Length: 5"
        random.shuffle(lengths)
        return b"\r\n".join([*head, *lengths, b"", body])

    def _odd_codings(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        coding = random.choice(
            [
                b"Transfer-Encoding: xchunked",
                b"Transfer-Encoding : chunked",
                b"Transfer-Encoding:\tchunked",
                b"Transfer-Encoding: chunked, identity",
                b"Transfer-Encoding: identity, chunked",
                b"Transfer-Encoding: gzip, chunked",
                b"Transfer-Encoding: CHUNKED",
                b"Transfer-Encoding: \x0bchunked",
                b"Transfer-Encoding\x00: chunked",
                b"X: y\nTransfer-Encoding: chunked",
                b"Transfer-Encoding:\r\n chunked",
                b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
                b"Transfer_Encoding: chunked",
                b"Trailer: Authorization\r\nTransfer-Encoding: chunked",
            ]
        )
        body = b"0\r\n\r\n" + hidden
        length = b"Content-Length: %d" % len(body)
        return b"\r\n".join([*head, length, coding, b"", body])

    def _odd_lengths(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        length = random.choice(
            [
                b"Content-Length: 0\r\nContent-Length: %d" % len(hidden),
                b"Content-Length: 0, %d" % len(hidden),
                b"Content-Length: +%d" % len(hidden),
                b"Content-Length: -1",
                b"Content-Length: 0x%x" % len(hidden),
                b"Content-Length: 1_0",
                b"Content-Length: %d" % 10**30,
                b"Content-Length: ",
                b"Content-Length: \xb2",
                b"Content-Length\t: 0",
            ]
        )
        return b"\r\n".join([*head, length, b"", hidden])

    def _chunks(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        size = b"%x" % len(hidden)
        body = random.choice(
            [
                b"%s;%s\r\n%s\r\n0\r\n\r\n" % (size, b"a" * 20_000, hidden),
                b"%s;a=\n\r\n%s\r\n0\r\n\r\n" % (size, hidden),
                b"0;\n\r\n\r\n" + hidden,
                b"+%s\r\n%s\r\n0\r\n\r\n" % (size, hidden),
                b"0x%s\r\n%s\r\n0\r\n\r\n" % (size, hidden),
                b"-1\r\n%s\r\n0\r\n\r\n" % hidden,
                b"f" * 17 + b"\r\n" + hidden,
                b"f" * 400 + b"\r\n" + hidden,
                b"%s\n%s\n0\n\n" % (size, hidden),
                b"%s\r\n%sxx0\r\n\r\n" % (size, hidden),
                b"0\r\nAuthorization: token a\r\nContent-Length: 5\r\n\r\n",
                b"zz\r\n" + hidden,
                b"\r\n\r\n" + hidden,
            ]
        )
        return b"\r\n".join([*head, b"Transfer-Encoding: chunked", b"", body])

    def _folded(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        # Whoever takes them at all takes no body: what came after would be a request.
        line = random.choice([b" Content-Length: 0", b"Content-Length:\r\n 0"])
        return b"\r\n".join([*head, line, b"", b""])

    def _line_ends(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        lines = [*head, b"Content-Length: 0"]
        end = random.choice([b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\x00\r\n"])
        whole = end.join([*lines, b"", b""])
        if end in (b"\r", b"\x00\r\n"):
            # Nobody sees the end of these headers.
            whole += b"\r\n\r\n"
        return whole

    def _start_lines(self, random: Random, head: list[bytes], hidden: bytes) -> bytes:
        method, target = (
            random.choice([b"GET", b"POST", b"get", b"G ET"]),
            b"/hub/login",
        )
        line = random.choice(
            [
                b"%s %s" % (method, target),
                b"%s %s HTTP/0.9" % (method, target),
                b"%s %s HTTP/1.2" % (method, target),
                b"%s %s HTTP/2.0" % (method, target),
                b"%s %s HTTP/1.1 HTTP/1.1" % (method, target),
                b"%s  %s  HTTP/1.1" % (method, target),
                b"%s\t%s\tHTTP/1.1" % (method, target),
                b" %s %s HTTP/1.1" % (method, target),
                b"%s %s HTTP/1.1" % (b"X" * 200, target),
                b"%s %s HTTP/1.1" % (b"\xff\xfe", target),
                b"%s %s\x00 HTTP/1.1" % (method, target),
                b"PRI * HTTP/2.0",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            ]
        )
        return b"\r\n".join([line, *head[1:], b"Content-Length: 0", b"", b""])
