"""Identity tokens: those that hold, and every way in which one may not."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from shared.config import settings
from shared.serving.access.identity import Certificates, CertificatesError, Tokens
from tests.fakes.serving import Api, make_service

AUDIENCE, ACCOUNT = "https://recommend.example", "strategist@example.com"


class Signer:
    """Signs as Google does, with a key and a certificate of its own."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self.signer = crypt.RSASigner.from_string(key.private_bytes(*kinds), key_id="k1")
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "email": ACCOUNT,
            "email_verified": True,
            "iat": now - 10,
            "exp": now + 600,
            **changes,
        }
        return jwt.encode(self.signer, claims).decode()


@pytest.fixture(scope="module")
def google() -> Signer:
    return Signer()


def tokens(signer: Signer, **chosen: Any) -> Tokens:
    given = settings(**{"token_audience": AUDIENCE, "token_accounts": (ACCOUNT,), **chosen})
    answer = json.dumps({"k1": signer.certificate}).encode()
    return Tokens(given, Certificates("https://certs.example", lambda url: (answer, {})))


def test_a_token_of_an_allowed_account_holds(google: Signer) -> None:
    assert tokens(google).account(f"Bearer {google.token()}") == ACCOUNT
    assert tokens(google).account(f"bearer {google.token(email=ACCOUNT.upper())}") == ACCOUNT


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "https://evil.example"},
        {"email": "somebody@example.com"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200},
    ],
)
def test_a_token_that_is_not_meant_for_us_does_not_hold(google: Signer, changes: dict[str, Any]) -> None:
    assert tokens(google).account(f"Bearer {google.token(**changes)}") is None


def test_a_token_signed_by_another_or_changed_or_unsigned_does_not_hold(google: Signer) -> None:
    forged, good = Signer().token(), google.token()
    head, body, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    for token in (forged, f"{head}.{body}x.{signature}", unsigned, f"{head}.{body}", "x", "", "é", "a" * 9000):
        assert tokens(google).account(f"Bearer {token}") is None
    assert tokens(google).account(f"Basic {good}") is None
    assert tokens(google).account(None) is None


def test_without_an_audience_or_accounts_no_token_holds(google: Signer) -> None:
    assert tokens(google, token_audience=None).account(f"Bearer {google.token()}") is None
    assert tokens(google, token_accounts=()).account(f"Bearer {google.token()}") is None


def test_certificates_are_fetched_once_for_as_long_as_they_last_and_kept_when_google_is_away() -> None:
    now, fetched, broken = [0.0], [0], [False]

    def fetch(url: str) -> tuple[bytes, dict[str, str]]:
        fetched[0] += 1
        if broken[0]:
            raise OSError("away")
        return b'{"k1": "pem"}', {"Cache-Control": "public, max-age=100"}

    certificates = Certificates("https://certs.example", fetch, lambda: now[0])
    assert certificates.get() == certificates.get() == {"k1": "pem"}
    assert fetched == [1]
    now[0], broken[0] = 101.0, True
    assert certificates.get() == {"k1": "pem"}
    assert certificates.get() == {"k1": "pem"}
    assert fetched == [2]


def test_without_certificates_nobody_is_let_in_and_google_is_not_asked_at_every_request(tmp_path: Path) -> None:
    fetched = [0]

    def fetch(url: str) -> tuple[bytes, dict[str, str]]:
        fetched[0] += 1
        raise OSError("away")

    certificates = Certificates("https://certs.example", fetch)
    for _ in range(3):
        with pytest.raises(CertificatesError):
            certificates.get()
    assert fetched == [1]


def test_a_token_opens_the_routes_and_a_wrong_key_beside_it_does_not(google: Signer, tmp_path: Path) -> None:
    service = make_service(tmp_path)
    service.start(block=True)
    service.callers.tokens = tokens(google)
    client, bearer = Api(service).client, {"Authorization": f"Bearer {google.token()}"}
    assert client.get("/model", headers=bearer).status_code == 200
    assert client.get("/model", headers={**bearer, "X-API-Key": "wrong"}).status_code == 401
    assert client.get("/model").status_code == 401
