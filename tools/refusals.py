"""The server's own refusals as the contract has errors: waitress answers what it cannot read before any function sees
it, in plain text that names itself and repeats what came."""

from __future__ import annotations

import secrets
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from shared.contract.errors import ContractError
from shared.serving.responses import SECURITY_HEADERS

_CODES = {400: "bad_request", 413: "too_large", 431: "too_large", 501: "not_implemented"}


class JsonErrorTask(ErrorTask):  # type: ignore[misc]  # waitress has no types; its seams are classes
    """Tells a client what the server could not read, in the envelope of every error."""

    def execute(self) -> None:
        """Write the whole answer and close the connection: what follows on it cannot be told apart."""
        found = self.request.error
        error = ContractError(
            found.code, _CODES.get(found.code, "bad_request"), f"{found.reason}: not HTTP as served here."
        )
        body = error.answer().model_dump_json().encode()
        headers = {"Content-Type": "application/json", **SECURITY_HEADERS, "X-Request-Id": secrets.token_hex(8)}
        self.status = f"{found.code} {found.reason}"
        self.response_headers.extend(headers.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class JsonErrorChannel(HTTPChannel):  # type: ignore[misc]
    """A connection whose refusals are JSON, and which asks for no more of a request that is complete or refused:
    waitress itself would wait for a body that never comes until the connection times out."""

    error_task_class = JsonErrorTask

    def send_continue(self) -> None:
        """Tell a client that waits for it to go on, if there is anything to go on with."""
        if self.request.completed:
            self.request.expect_continue = False
        else:
            super().send_continue()


def refuse_in_json() -> None:
    """Let every server made from now on refuse in JSON."""
    TcpWSGIServer.channel_class = JsonErrorChannel


def limits() -> dict[str, Any]:
    """What a slow client may hold, for ``waitress.create_server``: a connection that is silent for ``channel_timeout``
    seconds is closed; threads are never held by one, for requests are read whole before any works on them."""
    return {"channel_timeout": 30, "cleanup_interval": 5, "max_request_header_size": 32 << 10}
