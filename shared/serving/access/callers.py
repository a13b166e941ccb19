"""Who asks: by key or by identity token, under a name that can be logged and counted without telling either."""

from __future__ import annotations

import hashlib

from werkzeug.wrappers import Request

from shared.config import Settings
from shared.contract.errors import ContractError
from shared.serving.access.identity import CertificatesError, Tokens
from shared.serving.access.keys import Keys


class Callers:
    """The callers that the settings admit."""

    def __init__(self, chosen: Settings, tokens: Tokens | None = None) -> None:
        self.keys = Keys(chosen)
        self.tokens = tokens or Tokens(chosen)

    def identify(self, request: Request) -> str:
        """A name for whoever asks. A key is looked at first; with a wrong one no token helps.

        Raises ContractError: 401, 503 where a token cannot be checked just now."""
        key = request.headers.get("X-API-Key")
        if key is not None:
            if self.keys.accepts(key):
                return f"key:{_short(key)}"
            raise _unauthorized("Send a valid key in X-API-Key.")
        try:
            account = self.tokens.account(request.headers.get("Authorization"))
        except CertificatesError:
            raise ContractError(
                503, "identity_unavailable", "Tokens cannot be checked just now.", headers={"Retry-After": "5"}
            ) from None
        if account is None:
            raise _unauthorized("Send a valid key in X-API-Key, or a Google identity token of an allowed account.")
        return f"account:{_short(account)}"


def _short(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _unauthorized(message: str) -> ContractError:
    return ContractError(401, "unauthorized", message, headers={"WWW-Authenticate": "ApiKey, Bearer"})
