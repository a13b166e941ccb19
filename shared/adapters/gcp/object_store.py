"""Objects in Cloud Storage. Generations are Cloud Storage's own, and so are the preconditions.

A write names itself in the object's metadata: when an answer is lost on the way and the second attempt is told that
the generation has moved on, the write can see that it was its own.
"""

from __future__ import annotations

import functools
import uuid
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.exceptions import NotFound as CloudNotFound
from google.api_core.exceptions import PreconditionFailed as CloudRefused
from google.api_core.exceptions import TooManyRequests as CloudSlowDown
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace of several packages
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from shared.adapters.checks import check_bucket, check_object, first_line
from shared.config import Settings
from shared.errors import NotFound, PreconditionFailed, StoreError, TooManyRequests
from shared.ports import Listed, Object

Attempts = list[Exception]

RETRY = DEFAULT_RETRY.with_timeout(90.0).with_delay(initial=1.0, maximum=20.0, multiplier=2.0)
"""Google's own list of what is worth another try (429, 408, 5xx, lost connections), with jittered exponential backoff
from one second, which is how often Cloud Storage admits a write of one object."""
SLOW_DOWNS = 2
"""Answers 429 that one write bears before it raises TooManyRequests: then whoever writes must space its writes."""
FAILURES = (GoogleAPICallError, RetryError, GoogleAuthError, RequestException)
_WORTH_ANOTHER = DEFAULT_RETRY._predicate
_WRITE = "write"


class CloudObjectStore:
    """The object store of a project; see ``shared.ports.ObjectStore`` for what each method promises.

    ``prefix`` goes before every bucket's name, since those are global.
    """

    def __init__(self, project: str | None, prefix: str = "", retry: Retry = RETRY) -> None:
        self._project = project
        self._prefix = prefix
        self._retry = retry

    @functools.cached_property
    def client(self) -> storage.Client:
        """Google's client. Raises StoreError where there are no credentials."""
        try:
            return storage.Client(project=self._project)
        except (GoogleAuthError, OSError) as error:
            raise StoreError(f"Cloud Storage cannot be used: {first_line(error)}") from error

    def get(self, bucket: str, name: str) -> Object:
        """The object's bytes and generation, which come in one answer."""
        blob = self._blob(bucket, name)
        try:
            data = blob.download_as_bytes(retry=self._retry)
        except CloudNotFound:
            raise _missing(bucket, name) from None
        except FAILURES as error:
            raise _failed("read", bucket, name, error) from error
        return Object(data, int(blob.generation))

    def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
        """Write in one request, tried again after a lost answer only in ways that cannot write twice unnoticed."""
        blob = self._blob(bucket, name)
        mark = uuid.uuid4().hex
        blob.metadata = {_WRITE: mark}
        attempts: Attempts = []
        retry = self._noting(attempts)
        try:
            blob.upload_from_string(data, if_generation_match=if_generation, retry=retry)
        except CloudRefused:
            written = self._written(bucket, name, mark) if attempts else None
            if written is None:
                raise _refused(bucket, name, if_generation) from None
            return written
        except FAILURES as error:
            raise _failed("write", bucket, name, error) from error
        return int(blob.generation)

    def list(self, bucket: str, prefix: str = "") -> list[Listed]:
        """Objects by name, page by page; a bucket that is not there holds none."""
        check_bucket(bucket)
        try:
            blobs = self.client.list_blobs(self._prefix + bucket, prefix=prefix or None, retry=self._retry)
            return sorted(Listed(blob.name, int(blob.generation), int(blob.size)) for blob in blobs)
        except CloudNotFound:
            return []
        except FAILURES as error:
            raise _failed("list", bucket, prefix, error) from error

    def delete(self, bucket: str, name: str, if_generation: int | None = None) -> None:
        """Remove the object; with versioning on, the bucket keeps it as a noncurrent version."""
        blob = self._blob(bucket, name)
        attempts: Attempts = []
        retry = self._noting(attempts)
        try:
            blob.delete(if_generation_match=if_generation, retry=retry)
        except CloudNotFound:
            if not attempts:
                raise _missing(bucket, name) from None
        except CloudRefused:
            raise _refused(bucket, name, if_generation) from None
        except FAILURES as error:
            raise _failed("delete", bucket, name, error) from error

    def _blob(self, bucket: str, name: str) -> Any:
        check_bucket(bucket)
        check_object(name)
        return self.client.bucket(self._prefix + bucket).blob(name)

    def _noting(self, attempts: Attempts) -> Retry:
        """The retry of this store, which notes each attempt that failed and is made again."""
        slow_downs = 0

        def worth_another(error: Exception) -> bool:
            nonlocal slow_downs
            slow_downs += _slow_down(error)
            again = slow_downs <= SLOW_DOWNS and bool(_WORTH_ANOTHER(error))
            if again:
                attempts.append(error)
            return again

        return self._retry.with_predicate(worth_another)

    def _written(self, bucket: str, name: str, mark: str) -> int | None:
        """The object's generation where it is this very write's."""
        try:
            found = self.client.bucket(self._prefix + bucket).get_blob(name, retry=self._retry)
        except FAILURES as error:
            raise _failed("read", bucket, name, error) from error
        own = found is not None and (found.metadata or {}).get(_WRITE) == mark
        return int(found.generation) if own else None


def open_port(chosen: Settings) -> CloudObjectStore:
    """The store of these settings."""
    return CloudObjectStore(chosen.project, chosen.bucket_prefix)


def _missing(bucket: str, name: str) -> NotFound:
    return NotFound(f"no object {name!r} in bucket {bucket!r}")


def _refused(bucket: str, name: str, wanted: int | None) -> PreconditionFailed:
    return PreconditionFailed(f"{name!r} in bucket {bucket!r} has another generation than {wanted}")


def _slow_down(error: object) -> bool:
    """Whether it is an answer 429; uploads and downloads have an error of their own for an answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return isinstance(error, CloudSlowDown) or status == CloudSlowDown.code


def _failed(verb: str, bucket: str, name: str, error: Exception) -> StoreError:
    """TooManyRequests where the last answer was 429, however often it was tried; else StoreError."""
    kind = TooManyRequests if _slow_down(error) or _slow_down(getattr(error, "cause", None)) else StoreError
    return kind(f"cannot {verb} {name!r} in bucket {bucket!r}: {first_line(error)}")
