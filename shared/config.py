"""Every setting of the product, in one place, read from the environment.

``settings()`` reads afresh each time, which is cheap, so that a test or a command can change the environment. The table
in the documentation is made from ``Settings`` by ``python -m tools.settings_table``.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``shared``: the project's root, or a deployed function's source folder."""


class Settings(BaseSettings):
    """Settings by environment variable; an empty one counts as unset. Relative paths start at the project's root."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, env_ignore_empty=True, extra="ignore")

    backend: Literal["embedded", "gcp"] = Field(
        "embedded", validation_alias="F1_BACKEND", description="`embedded` needs no account; `gcp` uses Google Cloud"
    )
    host: str = Field("127.0.0.1", validation_alias="F1_HOST", description="address that `make run` listens on")
    port: int = Field(8080, validation_alias="PORT", ge=1, le=65535, description="port of the recommend function")
    worker_port_set: int | None = Field(
        None, validation_alias="F1_WORKER_PORT", ge=1, le=65535, description="port of the worker; default `PORT` + 1"
    )
    state_dir: Path = Field(
        Path(".state"), validation_alias="F1_STATE_DIR", description="folder of the embedded backend's state and key"
    )
    data_dir: Path = Field(
        Path("../shared/data"),
        validation_alias="F1_DATA_DIR",
        description="recorded races to ingest, train and test on",
    )
    backup_dir: Path = Field(
        Path(".backups"), validation_alias="F1_BACKUP_DIR", description="folder of the embedded backend's backups"
    )
    model_bundle: Path | None = Field(
        None, validation_alias="F1_MODEL_BUNDLE", description="bundle to serve instead of the promoted or shipped one"
    )
    api_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="F1_API_KEYS", description="accepted API keys, comma-separated; default: one made at first"
    )
    token_audience: str | None = Field(
        None,
        validation_alias="F1_TOKEN_AUDIENCE",
        description="audience of Google identity tokens; without it none holds",
    )
    token_accounts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="F1_TOKEN_ACCOUNTS", description="accounts whose identity tokens hold, comma-separated"
    )
    token_certs_url: str = Field(
        "https://www.googleapis.com/oauth2/v1/certs",
        validation_alias="F1_TOKEN_CERTS_URL",
        description="Google's certificates, against which tokens are checked",
    )
    rate_limit: float = Field(
        200.0, validation_alias="F1_RATE_LIMIT", gt=0, description="most requests a second of one key, on an instance"
    )
    cors_origin: str | None = Field(
        None, validation_alias="F1_CORS_ORIGIN", description="origin of the dashboard, the only one CORS admits"
    )
    bundle_look_seconds: float = Field(
        30.0, validation_alias="F1_BUNDLE_LOOK_SECONDS", gt=0, description="seconds between looks for a promoted bundle"
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", validation_alias="F1_LOG_FORMAT", description="`json` for Cloud Logging, `text` for a terminal"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="F1_LOG_LEVEL", description="least severe level that is logged"
    )
    queue_backoff_min: float = Field(
        10.0, validation_alias="F1_QUEUE_BACKOFF_MIN", gt=0, description="seconds before the first redelivery"
    )
    queue_backoff_max: float = Field(
        600.0, validation_alias="F1_QUEUE_BACKOFF_MAX", gt=0, description="most seconds between redeliveries"
    )
    train_when: Literal["features", "drift"] = Field(
        "features",
        validation_alias="F1_TRAIN_WHEN",
        description="`features`: train whenever new ones are ready; `drift`: only when what serves has drifted",
    )
    evidence_folds: int = Field(
        2, validation_alias="F1_EVIDENCE_FOLDS", ge=1, le=8, description="folds in which changed knobs are compared"
    )
    evidence_races: int = Field(
        12, validation_alias="F1_EVIDENCE_RACES", ge=1, le=30, description="races of a fold that both sides are asked"
    )
    evidence_scenarios: int = Field(
        1000, validation_alias="F1_EVIDENCE_SCENARIOS", ge=100, description="scenarios of an answer in a comparison"
    )
    jolpica_url: str = Field(
        "https://api.jolpi.ca/ergast/f1",
        validation_alias="F1_JOLPICA_URL",
        description="Jolpica's API (Ergast's tables)",
    )
    jolpica_per_hour: int = Field(
        500, validation_alias="F1_JOLPICA_PER_HOUR", ge=1, description="most requests an hour that Jolpica is sent"
    )
    project: str | None = Field(None, validation_alias="F1_GCP_PROJECT", description="Google Cloud project (`gcp`)")
    dataset: str = Field("f1", validation_alias="F1_GCP_DATASET", description="BigQuery dataset (`gcp`)")
    location: str | None = Field(
        None, validation_alias="F1_GCP_LOCATION", description="where the dataset is, such as `EU`; default: US (`gcp`)"
    )
    bucket_prefix: str = Field(
        "", validation_alias="F1_GCP_BUCKET_PREFIX", description="put before bucket names, which are global (`gcp`)"
    )

    vertex_region: str | None = Field(
        None, validation_alias="F1_VERTEX_REGION", description="region of Vertex AI's model registry, to mirror bundles"
    )

    @field_validator("api_keys", "token_accounts", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("state_dir", "backup_dir", "data_dir", "model_bundle", mode="after")
    @classmethod
    def _from_root(cls, value: Path | None) -> Path | None:
        return None if value is None else (ROOT / value.expanduser()).resolve()

    @property
    def worker_port(self) -> int:
        """Port of the worker process: as set, else the one after ``port``."""
        return self.worker_port_set if self.worker_port_set is not None else self.port + 1

    @property
    def keys_file(self) -> Path:
        """Where the key made on the first run is kept (mode 0600)."""
        return self.state_dir / "api_keys"


def settings(**overrides: Any) -> Settings:
    """Settings from the environment, with ``overrides`` by field name. Raises SettingsError naming the variable."""
    if not overrides:
        return _of_environment(frozenset(os.environ.items()))
    return _validated(overrides)


@functools.lru_cache(maxsize=8)
def _of_environment(environment: frozenset[tuple[str, str]]) -> Settings:
    """Settings of this environment, made once: reading them takes a millisecond, which is much for one message."""
    return _validated({})


def _validated(overrides: dict[str, Any]) -> Settings:
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']} (given: {e['input']!r})" for e in error.errors()
        )
        raise SettingsError(f"cannot use the settings given: {problems}") from None
