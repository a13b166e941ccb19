"""What is hardly HTTP, as bytes on a connection: smuggling shapes, broken framing, floods of headers."""

from __future__ import annotations

import random
import socket

from tools.soak.fuzzing.schema import CANARY


def shapes(key: str, rng: random.Random) -> bytes:
    """One such exchange's bytes."""
    post = f"POST /recommend HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n".encode()
    inner = b"GET /model HTTP/1.1\r\nHost: x\r\n\r\n"
    length = b"Content-Length: %d\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n"
    return rng.choice(
        (
            post + length % 6 + chunked + b"\r\n0\r\n\r\nG",  # lengths that contradict each other
            post + length % len(inner) + chunked + b"\r\n0\r\n\r\n" + inner,
            post + length % 4 + length % 40 + b"\r\n{}  " + inner,
            post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
            post + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
            post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            post + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
            post + chunked + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            post + chunked + b"\r\n-1\r\n{}\r\n0\r\n\r\n",
            post + chunked + b"\r\n2;" + b"x" * 5000 + b"\r\n{}\r\n0\r\n\r\n",
            post + chunked + b"\r\n2\r\n{}XX0\r\n\r\n",
            post + b"Content-Length: 0x10\r\n\r\n{}",
            post + b"Content-Length: +2\r\n\r\n{}",
            post + b"Content-Length: -1\r\n\r\n{}",
            post + b"Content-Length: 99999999999999999999\r\n\r\n{}",
            post + b"X: y\nContent-Length: 2\n\n{}",
            post + b"X:" + b"y" * 40_000 + b"\r\n\r\n",
            post + b"".join(b"X-%d: y\r\n" % i for i in range(4000)) + b"\r\n",
            post + b" folded: header\r\n\r\n",
            post + b"no colon\r\n\r\n",
            post + b"\x00: \x01\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
            b"GET /health\r\n\r\n",
            b"GET  /health  HTTP/1.1\r\n\r\n",
            b"GET /health%s HTTP/1.1\r\nHost: x\r\n\r\n" % CANARY.encode(),
            b"GET http://evil.example/model HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\r\n\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,  # TLS
            bytes(rng.randrange(256) for _ in range(300)) + b"\r\n\r\n",
            inner * 30,  # one after another without waiting
        )
    )


def exchanged(host: str, port: int, sent: bytes, timeout: float = 3.0) -> bytes:
    """What comes back for these bytes until the connection closes or nothing comes for a while."""
    received = b""
    try:
        with socket.create_connection((host, port), timeout=timeout) as wire:
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
            while len(received) < 1 << 20 and (part := wire.recv(65536)):
                received += part
    except OSError:
        pass
    return received
