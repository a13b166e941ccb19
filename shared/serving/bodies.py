"""Reading a JSON body: the right kind, of bounded size, well formed, of bounded depth.

The parser refuses NaN, Infinity, bad UTF-8, lone surrogates and nesting past 200 levels. Where a name stands twice the
last one counts. A number past the range of a double becomes an infinity, which no field of the contract takes.
"""

from __future__ import annotations

import io
from typing import Any

from pydantic_core import from_json
from werkzeug.wrappers import Request

from shared.contract.errors import ContractError, printable

MAX_BODY_BYTES = 1 << 20
_DRAIN_BYTES = 16 << 20
_CHUNK = 1 << 16


def read_json(request: Request) -> Any:
    """The decoded body. Raises ContractError: 415, 413, 400."""
    if request.mimetype != "application/json":
        raise _unsupported(f"Content-Type {printable(request.mimetype)[:60]!r} is not read; send application/json.")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise _unsupported("Only UTF-8 is read.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _unsupported("Compressed bodies are not read.")
    data = _read(request)
    try:
        return from_json(data, allow_inf_nan=False)
    except (ValueError, RecursionError) as error:
        raise ContractError(400, "malformed_json", f"The body is not JSON: {printable(str(error))[:120]}") from None


def _read(request: Request) -> bytes:
    """At most MAX_BODY_BYTES; the length that the client states is checked first, the bytes that come after it."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _too_large(request)
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BODY_BYTES:
        part = request.stream.read(min(_CHUNK, MAX_BODY_BYTES + 1 - size))
        if not part:
            data = b"".join(parts)
            request.stream = io.BytesIO()  # read to its end; nothing that runs later may read it again
            return data
        parts.append(part)
        size += len(part)
    raise _too_large(request)


def _too_large(request: Request) -> ContractError:
    """413. The rest is read and dropped, within bounds: a client that is still sending would not see the answer."""
    drained = 0
    if (request.content_length or 0) <= _DRAIN_BYTES:
        while drained < _DRAIN_BYTES:
            part = request.stream.read(_CHUNK)
            if not part:
                break
            drained += len(part)
    request.stream = io.BytesIO()
    return ContractError(413, "body_too_large", f"The body is over {MAX_BODY_BYTES} bytes (1 MiB).")


def _unsupported(message: str) -> ContractError:
    return ContractError(415, "unsupported_media_type", message, headers={"Accept-Post": "application/json"})
