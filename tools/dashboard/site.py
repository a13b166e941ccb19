"""Serves the built dashboard below ``/dashboard`` of the embedded stack, in front of the recommend function.

What can be asked for is what a look at ``dashboard/out`` found, so no path leads out of it. Each page has its own
content policy with the hashes of its inline scripts; files whose names carry a hash may be kept for ever.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import mimetypes
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.wrappers import Request, Response

from tools.dashboard.build import BUILDING, BUILT, OUT, alive, missing_node

PREFIX = "/dashboard"
IMMUTABLE = "public, max-age=31536000, immutable"
CHECKED = "no-cache"
"""Kept, but asked about again each time."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_TYPES = {".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2", ".json": "application/json"}
_PACKED = ("text/", "application/json", "image/svg")


class Asset(NamedTuple):
    """A file as it is sent; ``packed``: the same by gzip, where that is smaller. ``policy``: pages only."""

    body: bytes
    packed: bytes | None
    etag: str
    content_type: str
    cache: str
    policy: str | None


def content_policy(page: bytes, api: str = "", sign_in: bool = False) -> str:
    """The policy of a page: its own files, its inline scripts by hash, and the service. ``sign_in`` admits Google's
    script and frame, ``api`` is the service's origin where it is another one."""
    hashes = sorted({_script_hash(script) for script in _INLINE.findall(page)})
    google = " https://accounts.google.com" if sign_in else ""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *hashes]) + (f"{google}/gsi/client" if sign_in else ""),
        "style-src": "'self'" + (f"{google}/gsi/style" if sign_in else ""),
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'" + (f" {api}" if api else "") + (f"{google}/gsi/" if sign_in else ""),
        "frame-src": f"{google.strip()}/gsi/" if sign_in else "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _script_hash(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


def load(out: Path) -> dict[str, Asset]:
    """Every file of a build by the path it is asked for, below PREFIX; folders by their index."""
    found: dict[str, Asset] = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != BUILT):
        name = f"/{path.relative_to(out).as_posix()}"
        found[name] = _asset(path, name)
        if path.name == "index.html":
            found[name.removesuffix("index.html")] = found[name]
    return found


def _asset(path: Path, name: str) -> Asset:
    body = path.read_bytes()
    content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if content_type in ("text/html", "text/css", "text/plain"):
        content_type += "; charset=utf-8"
    packed = gzip.compress(body, 6, mtime=0) if content_type.startswith(_PACKED) else None
    return Asset(
        body,
        packed if packed is not None and len(packed) < len(body) else None,
        hashlib.sha256(body).hexdigest()[:32],
        content_type,
        IMMUTABLE if name.startswith("/_next/static/") else CHECKED,
        f"{content_policy(body)}; frame-ancestors 'none'" if path.suffix == ".html" else None,
    )


class Site:
    """A WSGI application: the dashboard below PREFIX, ``routes`` by their exact path, all else to ``application``."""

    def __init__(
        self, application: Any, out: Path = OUT, routes: Mapping[str, Callable[[Request], Response]] | None = None
    ) -> None:
        self._application, self._out, self._routes = application, out, dict(routes or {})
        self._lock = threading.Lock()
        self._stamp: int | None = None
        self._assets: dict[str, Asset] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path in self._routes:
            return self._routes[path](Request(environ))(environ, start_response)
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return self._answer(Request(environ), path.removeprefix(PREFIX))(environ, start_response)
        return self._application(environ, start_response)

    def _answer(self, request: Request, path: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _plain("Only GET and HEAD are answered here.", 405, {"Allow": "GET, HEAD"})
        assets = self._current()
        if not assets:
            return _not_built(self._out)
        if path == "" or f"{path}/" in assets:
            query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
            return _plain("", 308, {"Location": f"{PREFIX}{path}/{query}"})
        asset = assets.get(path)
        if asset is not None:
            return _send(request, asset, 200)
        page = assets.get("/404.html")
        return _send(request, page, 404) if page is not None else _plain("There is no such page.", 404)

    def _current(self) -> dict[str, Asset]:
        """The build as it was last found whole: while another is made, the one before goes on."""
        with self._lock:
            try:
                stamp = (self._out / BUILT).stat().st_mtime_ns
            except OSError:
                return self._assets
            if stamp != self._stamp:
                self._assets, self._stamp = load(self._out), stamp
            return self._assets


def _send(request: Request, asset: Asset, status: int) -> Response:
    headers = {**HEADERS, "Cache-Control": asset.cache, "Vary": "Accept-Encoding"}
    if asset.policy is not None:
        headers["Content-Security-Policy"] = asset.policy
    body = asset.body
    etag = asset.etag
    if asset.packed is not None and request.accept_encodings["gzip"] > 0:
        body, etag = asset.packed, f"{etag}-gzip"
        headers["Content-Encoding"] = "gzip"
    known = status == 200 and request.if_none_match.contains_weak(etag)
    response = Response(b"" if known else body, 304 if known else status, headers, content_type=asset.content_type)
    response.set_etag(etag)
    if known:
        response.headers.remove("Content-Type")
        response.headers.pop("Content-Encoding", None)
    return response


def _not_built(out: Path) -> Response:
    """Says how the dashboard comes to be, or that it is coming."""
    if alive(out.parent / BUILDING):
        text = "The dashboard is being built, which takes a minute or two the first time. This page looks again.\n"
        return _plain(text, 503, {"Retry-After": "5", "Refresh": "5"})
    return _plain(f"{missing_node() or 'The dashboard is not built: run `make dashboard`.'}\n", 404)


def _plain(text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(text, status, {**HEADERS, "Cache-Control": "no-store", **(headers or {})})
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.content_type = "text/plain; charset=utf-8"
    return response
