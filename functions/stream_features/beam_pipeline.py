"""The windows of ``stream_features`` as a Beam pipeline, for rates past what a function a message should carry.

Telemetry from Pub/Sub (or a file), five-second windows by event time with the transforms of ``shared.live.windows``,
features to BigQuery and Pub/Sub (or a file). The runner is an option: ``--runner DataflowRunner`` with Dataflow's own
options runs it in the cloud. Beam pins older libraries and has an environment of its own (``requirements-beam.txt``).

Race state stays with the function: timing messages are few, whatever the number of car samples.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions, StandardOptions
from apache_beam.transforms.trigger import AccumulationMode, AfterCount, AfterWatermark
from apache_beam.transforms.window import FixedWindows, TimestampedValue

from shared.errors import EventError
from shared.events import SAMPLED_MS
from shared.live.windows import WINDOW_SECONDS, Key, Window, features, key_of, merge, window_of
from shared.tables import TABLES
from shared.telemetry import TOPIC, CarSample, decode

QUARANTINE = "quarantine"
EVENT_ID = "event_id"

Identified = tuple[str, bytes]
"""A message's id, the same on every redelivery, and its bytes."""


class Decode(beam.DoFn):
    """From a message to its key and its aggregate under its id, at its event time; what cannot be read goes aside."""

    def process(self, element: Identified) -> Iterator[Any]:
        identity, data = element
        try:
            message = decode(data)
        except EventError as error:
            row = {"source": TOPIC, "reason": str(error), "record": data.decode(errors="replace")}
            row["received_at"] = dt.datetime.now(dt.UTC).isoformat()
            yield beam.pvalue.TaggedOutput(QUARANTINE, row)
            return
        if isinstance(message, CarSample):
            key, window = key_of(message), window_of(message)
            yield TimestampedValue((tuple(key), (identity, tuple(window))), message.sampled_at.timestamp())


class MergeOnce(beam.CombineFn):
    """Aggregates by message id, each once, merged at the end: the same however bundles and workers share them."""

    def create_accumulator(self, *args: Any, **kwargs: Any) -> dict[str, tuple[Any, ...]]:
        return {}

    def add_input(self, accumulator: dict[str, Any], element: tuple[str, Any], *args: Any, **kwargs: Any) -> Any:
        accumulator[element[0]] = element[1]
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[dict[str, Any]], *args: Any, **kwargs: Any) -> Any:
        merged: dict[str, Any] = {}
        for accumulator in accumulators:
            merged.update(accumulator)
        return merged

    def extract_output(self, accumulator: dict[str, Any], *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        # In order of the ids, so that sums of floats come out alike.
        return tuple(reduce(merge, (Window(*accumulator[identity]) for identity in sorted(accumulator)), Window()))


def as_row(keyed: tuple[Any, Any]) -> dict[str, Any]:
    """A window as a row: its key and its features."""
    key, window = Key(*keyed[0]), Window(*keyed[1])
    start = dt.datetime.fromtimestamp(key.start, dt.UTC).isoformat()
    row = {"race_id": key.race_id, "driver_id": key.driver_id, "window_start": start}
    return row | features(window)._asdict()


class WindowFeatures(beam.PTransform):
    """Messages with their ids to rows of windows, and rows for the quarantine. A late message, up to a day, fires its
    window anew with all that it holds; readers take the newest row of a window, that with most samples."""

    def expand(self, messages: Any) -> tuple[Any, Any]:
        decoded = messages | "decode" >> beam.ParDo(Decode()).with_outputs(QUARANTINE, main="samples")
        rows = (
            decoded.samples
            | "five seconds"
            >> beam.WindowInto(
                FixedWindows(WINDOW_SECONDS),
                trigger=AfterWatermark(late=AfterCount(1)),
                accumulation_mode=AccumulationMode.ACCUMULATING,
                allowed_lateness=24 * 3600,
            )
            | "merge" >> beam.CombinePerKey(MergeOnce())
            | "row" >> beam.Map(as_row)
        )
        return rows, decoded[QUARANTINE]


def identified(message: PubsubMessage) -> Identified:
    """A Pub/Sub message under the sender's name for the event, else its own id."""
    return (message.attributes or {}).get(EVENT_ID) or message.message_id, message.data


def line_of_file(line: str) -> Identified:
    """A line ``{"id": ..., "data": base64}`` of a file."""
    body = json.loads(line)
    return body["id"], base64.b64decode(body["data"])


def arguments(given: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """This pipeline's options, and those left for the runner."""
    parser = argparse.ArgumentParser(prog="beam_pipeline", description=(__doc__ or "").splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--subscription", help="projects/P/subscriptions/S of the topic telemetry, a pull subscription")
    source.add_argument("--input", help="file of messages, for tests: a JSON object with id and data (base64) a line")
    parser.add_argument("--output_table", help="PROJECT:DATASET.TABLE of windows in BigQuery")
    parser.add_argument("--output_topic", help="projects/P/topics/T for windows as JSON")
    parser.add_argument("--quarantine_table", help="PROJECT:DATASET.TABLE for messages that cannot be read")
    parser.add_argument("--output", help="file of windows as JSON lines, for tests")
    return parser.parse_known_args(given)


def schema(table: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """The columns of a table of ``shared.tables``, or those named, as BigQuery's writer takes them."""
    chosen = [column for column in TABLES[table].columns if names is None or column.name in names]
    return {"fields": [{"name": each.name, "type": each.type, "mode": each.mode} for each in chosen]}


def run(given: Sequence[str] | None = None) -> None:
    """Build the pipeline and run it until it is done, which a stream never is."""
    chosen, rest = arguments(given)
    options = PipelineOptions(rest)
    options.view_as(SetupOptions).save_main_session = False
    options.view_as(StandardOptions).streaming = chosen.subscription is not None
    with beam.Pipeline(options=options) as pipeline:
        if chosen.subscription:
            # The watermark goes by the feed's clock: a replay's windows close as a live race's do.
            read = beam.io.ReadFromPubSub(
                subscription=chosen.subscription, with_attributes=True, timestamp_attribute=SAMPLED_MS
            )
            messages = pipeline | "telemetry" >> read | "id" >> beam.Map(identified)
        else:
            messages = pipeline | "file" >> beam.io.ReadFromText(chosen.input) | "line" >> beam.Map(line_of_file)
        rows, refused = messages | "windows" >> WindowFeatures()
        if chosen.output_table:
            _ = rows | "to BigQuery" >> beam.io.WriteToBigQuery(
                chosen.output_table,
                schema=schema("live_windows"),
                create_disposition=beam.io.BigQueryDisposition.CREATE_NEVER,
                write_disposition=beam.io.BigQueryDisposition.WRITE_APPEND,
            )
        if chosen.output_topic:
            encoded = rows | "encode" >> beam.Map(lambda row: json.dumps(row).encode())
            _ = encoded | "to Pub/Sub" >> beam.io.WriteToPubSub(chosen.output_topic)
        if chosen.quarantine_table:
            _ = refused | "to quarantine" >> beam.io.WriteToBigQuery(
                chosen.quarantine_table,
                schema=schema("quarantine", ("received_at", "source", "reason", "record")),
                create_disposition=beam.io.BigQueryDisposition.CREATE_NEVER,
                write_disposition=beam.io.BigQueryDisposition.WRITE_APPEND,
            )
        if chosen.output:
            _ = rows | "lines" >> beam.Map(json.dumps) | "to file" >> beam.io.WriteToText(chosen.output, num_shards=1)


if __name__ == "__main__":
    run()
