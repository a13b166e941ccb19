"""API keys: where they come from, and their comparison in constant time.

``F1_API_KEYS`` if set (in the cloud, from Secret Manager), else a file in the state folder that the first run makes.
Several keys hold at once, one a line, so that a key can be rotated: add the new one, move the clients, take the old
one out.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
import threading
from pathlib import Path

from shared.config import Settings
from shared.errors import SettingsError

MAX_KEY_CHARS = 512


class Keys:
    """The keys that are accepted now. A key file is read again when it has changed."""

    def __init__(self, chosen: Settings) -> None:
        self._file = None if chosen.api_keys else chosen.keys_file
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._digests = tuple(_digest(key) for key in chosen.api_keys)
        if self._file is not None:
            if chosen.backend != "embedded":
                raise SettingsError("F1_API_KEYS must be set on this backend; only the embedded one makes a key itself")
            make_key_file(self._file)

    def accepts(self, given: str | None) -> bool:
        """Whether ``given`` is one of the keys. Every key is compared, whole, whatever the outcome."""
        if not given or len(given) > MAX_KEY_CHARS:
            return False
        digest = _digest(given)
        matches = [hmac.compare_digest(digest, known) for known in self._known()]
        return any(matches)

    def _known(self) -> tuple[bytes, ...]:
        if self._file is None:
            return self._digests
        with self._lock, contextlib.suppress(OSError):
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._digests = tuple(_digest(key) for key in read_key_file(self._file))
                self._stamp = stamp
        return self._digests


def make_key_file(path: Path) -> bool:
    """Make a key file (mode 0600) with one new key, unless there is one; whether it was made. Several processes may
    try at once: one key wins, whole."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        try:
            os.link(name, path)
        except FileExistsError:
            return False
        return True
    finally:
        Path(name).unlink(missing_ok=True)


def read_key_file(path: Path) -> tuple[str, ...]:
    """The keys in a key file, one a line; empty lines and those that start with ``#`` do not count."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
