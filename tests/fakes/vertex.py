"""Vertex AI's model service as far as a mirror needs it, over HTTP, in the form of its REST reference: answers to
``models.upload``, ``models.get`` and the operations that uploading begins. It keeps what was uploaded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Registry:
    """Versions by model, as uploaded; ``lose_answers``: uploads to keep and answer with an error."""

    def __init__(self) -> None:
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.uploads: list[dict[str, Any]] = []
        self.lose_answers = 0

    def upload(self, parent: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.uploads.append(body)
        name = body.get("parentModel") or f"{parent}/models/{body['modelId']}"
        known = self.versions.setdefault(name, [])
        if "parentModel" not in body and known:
            return 409, _error(409, "ALREADY_EXISTS", f"Model {name} already exists")
        known.append({**body["model"], "name": name, "versionId": str(len(known) + 1)})
        if self.lose_answers:
            self.lose_answers -= 1
            return 504, _error(504, "DEADLINE_EXCEEDED", "the answer got lost")
        kind = "type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse"
        answer = {"@type": kind, "model": name, "modelVersionId": known[-1]["versionId"]}
        return 200, {"name": f"{parent}/operations/{len(self.uploads)}", "done": True, "response": answer}

    def get(self, name: str) -> tuple[int, dict[str, Any]]:
        model, _, alias = name.partition("@")
        for version in reversed(self.versions.get(model, [])):
            if not alias or alias in (*version.get("versionAliases", []), version["versionId"]):
                return 200, version
        return 404, _error(404, "NOT_FOUND", f"Model {name} does not exist")


def _error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status}}


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """Address (host:port) of a server of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            parent = self.path.removeprefix("/v1/").split("/models:upload")[0]
            self._say(*registry.upload(parent, body))

        def do_GET(self) -> None:
            self._say(*registry.get(self.path.removeprefix("/v1/").split("?")[0].replace("%40", "@")))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
