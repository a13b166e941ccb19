"""What Terraform takes from the code: current, and true to what the code publishes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from shared import events
from shared.config import Settings
from shared.errors import F1Error
from shared.tables import TABLES, Column, Table
from tools.cloud.terraform_data import CHECKED_MESSAGES, calendar, generated, layer, proto, tables_json

MESSAGES: tuple[events.Message, ...] = (
    events.IngestRequest(seasons=(2026,), rounds=(1, 2), origin="network", until=dt.date(2026, 3, 8), cursor="page 2"),
    events.IngestRequest(seasons=(2018, 2019), batch_id="backfill", data_dir="races"),
    events.FeaturesReady(races=("2026_01",), until=dt.date(2026, 3, 8), fingerprint="a" * 64),
    events.ModelPromoted(model_version="v2", previous="v1", until=dt.date(2026, 3, 8)),
    events.ModelPromoted(model_version="v1"),
    events.ModelRefused(model_version="v3", serving="v2", reasons=("rps at 50%: worse",), report="reports/v3.json"),
    events.ModelDrift(model_version="v2", race_id="2026_01", verdict="retrain", models=("pace",), reasons=("wear",)),
    events.ModelDrift(model_version="v2", verdict="fine"),
)

TYPES = {
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
}


def message_class(text: str) -> Any:
    """The class of the one message in a schema, made with the library that Protocol Buffers come with."""
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", syntax="proto3")
    head, *fields = [line.strip() for line in text.splitlines() if line.strip()][1:-1]
    message = file.message_type.add(name=head.split()[1])
    for line in fields:
        *labels, kind, name, _, number = line.rstrip(";").split()
        field = message.field.add(name=name, number=int(number), type=TYPES[kind])
        field.label = field.LABEL_REPEATED if "repeated" in labels else field.LABEL_OPTIONAL
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(message.name))


def test_the_generated_files_are_what_the_code_gives() -> None:
    stale = [path.name for path, text in generated().items() if not path.is_file() or path.read_text() != text]
    assert stale == [], "run python -m tools.cloud.terraform_data"


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_as_it_is_published_follows_its_topics_schema(message: events.Message) -> None:
    taken = message_class(proto(type(message)))()
    json_format.Parse(message.model_dump_json(exclude_none=True), taken)
    # JSON text of 64-bit numbers is quoted, which is nobody's concern here: fields as they are held.
    back = {field.name: list(v) if field.is_repeated else v for field, v in taken.ListFields()}
    assert type(message).model_validate(back) == message


def test_a_field_that_the_schema_lacks_is_refused() -> None:
    with pytest.raises(json_format.ParseError, match="colour"):
        json_format.Parse('{"colour": "red"}', message_class(proto(events.ModelPromoted))())


def test_every_checked_message_is_published_in_these_tests() -> None:
    assert {type(message) for message in MESSAGES} == set(CHECKED_MESSAGES)


def test_a_columns_description_names_unit_and_source() -> None:
    table = Table(
        "t", "a table", (Column("speed", "FLOAT64", "how fast", "km/h", source="the feed"),), None, ("speed",)
    )
    made = json.loads(tables_json({"t": table}))["t"]
    assert made["schema"] == [
        {"name": "speed", "type": "FLOAT", "mode": "NULLABLE", "description": "how fast; unit: km/h; from: the feed"}
    ]


def test_every_table_has_a_layer_that_rights_go_by() -> None:
    own = {"quarantine", "recommendations", "model_drift"}
    assert {layer(table) for table in TABLES.values()} == {"raw", "features", "live"} | own
    assert layer(TABLES["raw_laps"]) == "raw"
    assert layer(TABLES["live_features"]) == "live"


def test_a_calendar_of_a_season_that_nobody_ingested_is_refused(state: Settings) -> None:
    with pytest.raises(F1Error, match="no race of 1949"):
        calendar(1949)
