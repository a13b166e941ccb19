"""Google-signed identity tokens: who signed them, for whom they are meant, whose they are.

A token holds when Google signed it, it has not expired, its audience is ours and its verified account is one of those
allowed. Google's certificates are fetched when a token first needs them and kept as long as Google says.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping

from shared.config import Settings
from shared.errors import F1Error
from shared.observability import fields, log

ISSUERS = ("accounts.google.com", "https://accounts.google.com")
MAX_TOKEN_CHARS = 8192
CLOCK_SKEW_SECONDS = 30
FETCH_SECONDS = 3.0
_DEFAULT_AGE, _MOST_AGE = 3600.0, 86400.0
_REFETCH_SECONDS = 30.0

Fetch = Callable[[str], tuple[bytes, Mapping[str, str]]]


class CertificatesError(F1Error):
    """Google's certificates cannot be had just now, so no token can be checked."""


class Certificates:
    """Google's certificates by key id, fetched again when they are stale."""

    def __init__(self, url: str, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._fetch, self._clock = url, fetch or _fetched, clock
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._until = 0.0
        self._tried = float("-inf")

    def get(self) -> dict[str, str]:
        """The certificates. Raises CertificatesError when there are none; stale ones are better than none."""
        with self._lock:
            now = self._clock()
            if (now >= self._until or not self._known) and now >= self._tried + _REFETCH_SECONDS:
                self._tried = now
                try:
                    data, headers = self._fetch(self._url)
                    known = json.loads(data)
                    if not isinstance(known, dict) or not known:
                        raise ValueError("no certificates in the answer")
                    self._known, self._until = {str(k): str(v) for k, v in known.items()}, now + _age(headers)
                    self._tried = float("-inf")
                except (OSError, ValueError) as error:
                    log.warning("Google's certificates cannot be fetched", extra=fields(error=repr(error)))
            if not self._known:
                raise CertificatesError("Google's certificates cannot be fetched")
            return self._known


class Tokens:
    """Checks tokens against the settings; without an audience and accounts none is accepted."""

    def __init__(self, chosen: Settings, certificates: Certificates | None = None) -> None:
        self._audience = chosen.token_audience
        self._accounts = {account.casefold() for account in chosen.token_accounts}
        self._certificates = certificates or Certificates(chosen.token_certs_url)

    def account(self, authorization: str | None) -> str | None:
        """The allowed account that an ``Authorization: Bearer`` header speaks for, None where it does not.

        Raises CertificatesError where it cannot be told."""
        if not self._audience or not self._accounts or not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() != "bearer" or not token or len(token) > MAX_TOKEN_CHARS or not token.isascii():
            return None
        claims = self._claims(token.strip())
        email = str(claims.get("email", "")).casefold()
        if claims.get("iss") not in ISSUERS or claims.get("email_verified") is not True:
            return None
        return email if email in self._accounts else None

    def _claims(self, token: str) -> Mapping[str, object]:
        # a key never pays for loading this
        from google.auth import exceptions, jwt

        decode: Callable[..., Mapping[str, object]] = jwt.decode
        try:
            return dict(decode(token, self._certificates.get(), True, self._audience, CLOCK_SKEW_SECONDS))
        except CertificatesError:
            raise
        except (ValueError, TypeError, KeyError, exceptions.GoogleAuthError) as error:
            log.info("an identity token was refused", extra=fields(reason=type(error).__name__))
            return {}


def _fetched(url: str) -> tuple[bytes, Mapping[str, str]]:
    if not url.startswith("https://"):
        raise ValueError("certificates are fetched over https only")
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - https, checked above
        return answer.read(1 << 20), dict(answer.headers)


def _age(headers: Mapping[str, str]) -> float:
    control = next((value for name, value in headers.items() if name.casefold() == "cache-control"), "")
    found = re.search(r"max-age=(\d{1,9})", control)
    return min(float(found.group(1)), _MOST_AGE) if found else _DEFAULT_AGE
