"""A proxy on loopback that stands before an emulator and adds what the service does and the emulator leaves out.

Before bqemulator 1.4: a job id that was used is refused; a load into ``table$YYYYMMDD`` replaces that day; a streamed
row whose ``insertId`` was seen in the last minute is left out; ``COUNTIF`` over a window, which it translates wrongly,
is written as ``COUNT(CASE ...)``. Before fake-gcs-server: a delete heeds ``ifGenerationMatch``. All else passes.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date", "server"}
DEDUPLICATED_SECONDS = 60.0
_COMMENT = re.compile(r"^\s*--[^\n]*$", re.MULTILINE)
"""Lines that are comments only: bqemulator counts the parameters that they name."""


class Request(NamedTuple):
    """A request as it came, or as it is to go on."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query."""
        return urllib.parse.urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query))


class Response(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


Forward = Callable[[Request], Response]
Rule = Callable[[Request, Forward], Response]


def start(rule: Rule, upstream: int) -> ThreadingHTTPServer:
    """A gateway that listens on a free port and serves by ``rule`` before the emulator at port ``upstream``."""

    def forward(request: Request) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=300)
        try:
            connection.request(request.method, request.target, request.body, request.headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            return Response(answer.status, kept, answer.read())
        finally:
            connection.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            given["Accept-Encoding"] = "identity"
            response = rule(Request(self.command, self.path, given, body), forward)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="gateway", daemon=True).start()
    return server


def storage_rule(request: Request, forward: Forward) -> Response:
    """A delete whose ``ifGenerationMatch`` is not the object's generation is refused."""
    wanted = request.query.get("ifGenerationMatch")
    if request.method == "DELETE" and wanted is not None:
        found = forward(request._replace(method="GET", target=request.path))
        if found.status == 200 and json.loads(found.body)["generation"] != wanted:
            return _error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
    return forward(request)


class BigQueryRules:
    """What passes a gateway before bqemulator; remembers job ids, streamed ids and loads."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], dict[str, Any] | None] = {}
        self._rows: dict[tuple[str, str], float] = {}
        self._uploads: dict[str, _Load] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Response:
        """Answer a request to BigQuery's REST interface."""
        if request.method == "POST" and request.path.endswith("/jobs") and request.body.startswith(b"{"):
            return self._begin(request, forward)
        if request.method == "PUT" and request.query.get("upload_id") in self._uploads:
            return self._uploaded(request, forward)
        if request.method == "POST" and request.path.endswith("/insertAll"):
            return self._streamed(request, forward)
        *_, project, collection, job_id = ["", "", "", *request.path.split("/")]
        load = self._jobs.get((project, job_id)) if collection == "jobs" and request.method == "GET" else None
        return _json(200, load) if load is not None else forward(request)

    def _begin(self, request: Request, forward: Forward) -> Response:
        """A job begins: its id is taken from now on."""
        body = json.loads(request.body)
        reference = body["jobReference"]
        key = (reference["projectId"], reference["jobId"])
        with self._lock:
            if key in self._jobs:
                return _error(409, "duplicate", f"Already Exists: Job {key[0]}:{key[1]}")
            self._jobs[key] = None
        load, query = body["configuration"].get("load"), body["configuration"].get("query")
        if query is not None:
            query["query"] = without_windowed_countif(_COMMENT.sub("", query["query"]))
            request = request._replace(body=json.dumps(body).encode())
        answer = forward(request) if load is None else self._begin_load(request, forward, body)
        if answer.status >= 400:
            del self._jobs[key]
        return answer

    def _begin_load(self, request: Request, forward: Forward, body: dict[str, Any]) -> Response:
        """An upload begins; one into a partition goes to a table of its own first."""
        load, reference = body["configuration"]["load"], body["jobReference"]
        table, _, day = load["destinationTable"]["tableId"].partition("$")
        dataset = load["destinationTable"]["datasetId"]
        columns = [field["name"] for field in load["schema"]["fields"]]
        under_way = _Load(reference, dataset, table, day, f"partition_{uuid.uuid4().hex}", "", columns)
        if day:
            under_way = under_way._replace(field=load.pop("timePartitioning")["field"])
            load.pop("clustering", None)
            load["destinationTable"]["tableId"] = under_way.staging
            load["createDisposition"] = "CREATE_IF_NEEDED"
        answer = forward(request._replace(body=json.dumps(body).encode()))
        location = {name.lower(): value for name, value in answer.headers.items()}.get("location", "")
        upload = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query)).get("upload_id")
        if upload:
            self._uploads[upload] = under_way
        return answer

    def _uploaded(self, request: Request, forward: Forward) -> Response:
        """The last bytes of an upload: the job is done, under the id that was asked for."""
        answer = forward(request)
        if answer.status == 308:
            return answer
        load = self._uploads.pop(request.query["upload_id"])
        if answer.status == 200 and load.day:
            answer_merge = self._merge(load, forward)
            answer = answer if answer_merge.status == 200 else answer_merge
        if answer.status == 200:
            job = json.loads(answer.body)
        else:
            problem = json.loads(answer.body)["error"]
            failure = {"reason": "invalid", "message": problem["message"]}
            job = {"status": {"state": "DONE", "errorResult": failure, "errors": [failure]}, "statistics": {}}
            job |= {"kind": "bigquery#job", "configuration": {"jobType": "LOAD", "load": {}}}
        job |= {"jobReference": load.reference, "id": f"{load.reference['projectId']}:{load.reference['jobId']}"}
        self._jobs[load.reference["projectId"], load.reference["jobId"]] = job
        return _json(200, job)

    def _merge(self, load: _Load, forward: Forward) -> Response:
        names = ", ".join(f"`{name}`" for name in load.columns)
        chosen = f"DATE(`{load.field}`) = PARSE_DATE('%Y%m%d', '{load.day}')"
        text = (
            f"MERGE INTO `{load.dataset}.{load.table}` USING `{load.dataset}.{load.staging}` ON FALSE "  # noqa: S608
            f"WHEN NOT MATCHED BY SOURCE AND {chosen} THEN DELETE "
            f"WHEN NOT MATCHED BY TARGET THEN INSERT ({names}) VALUES ({names})"
        )
        base = f"/bigquery/v2/projects/{load.reference['projectId']}"
        query = json.dumps({"query": text, "useLegacySql": False}).encode()
        done = forward(Request("POST", f"{base}/queries", {"Content-Type": "application/json"}, query))
        forward(Request("DELETE", f"{base}/datasets/{load.dataset}/tables/{load.staging}", {}, b""))
        return done

    def _streamed(self, request: Request, forward: Forward) -> Response:
        body = json.loads(request.body)
        now = time.monotonic()
        with self._lock:
            self._rows = {key: at for key, at in self._rows.items() if now - at < DEDUPLICATED_SECONDS}
            keys = [(request.path, row.get("insertId", "")) for row in body["rows"]]
            fresh = [n for n, key in enumerate(keys) if not key[1] or key not in self._rows]
            body["rows"] = [body["rows"][n] for n in fresh]
            if not fresh:
                return _json(200, {"kind": "bigquery#tableDataInsertAllResponse"})
            answer = forward(request._replace(body=json.dumps(body).encode()))
            if answer.status == 200 and not json.loads(answer.body).get("insertErrors"):
                self._rows.update({keys[n]: now for n in fresh})
        return answer


class _Load(NamedTuple):
    """A load that is being uploaded; ``day`` and ``field`` are empty unless it goes into one partition."""

    reference: dict[str, str]
    dataset: str
    table: str
    day: str
    staging: str
    field: str
    columns: list[str]


def without_windowed_countif(text: str) -> str:
    """``COUNTIF(x) OVER`` as ``COUNT(CASE WHEN x THEN 1 END) OVER``, which is the same."""
    end = 0
    while (found := re.compile(r"\bCOUNTIF\(", re.IGNORECASE).search(text, end)) is not None:
        start = end = found.end()
        depth = 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if re.match(r"\s*OVER\b", text[end:], re.IGNORECASE):
            counted = f"COUNT(CASE WHEN {text[start : end - 1]} THEN 1 END)"
            text = text[: found.start()] + counted + text[end:]
        end = start
    return text


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _error(status: int, reason: str, message: str) -> Response:
    entry = {"message": message, "domain": "global", "reason": reason}
    return _json(status, {"error": {"code": status, "message": message, "errors": [entry]}})
