"""Dead letters on Pub/Sub: what each subscription gave up waits in the pull subscription ``<subscription>-dead``.

Looking takes a short lease on every message and gives it back. One that is sent again is published on the topic that it
came from, and only then acknowledged here: it reaches every subscription of that topic under a new id, so the handlers
that must know it again go by the sender's ``event_id``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from google.api_core.exceptions import DeadlineExceeded, NotFound
from google.auth.exceptions import GoogleAuthError
from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # a namespace of several packages

from shared.adapters.checks import first_line
from shared.adapters.gcp.event_bus import FAILURES, CloudBus, project_of
from shared.adapters.subscriptions import SUBSCRIPTIONS, Subscription
from shared.config import Settings
from shared.errors import BusError
from shared.ports import DeadLetter

SOURCE = "CloudPubSubDeadLetterSource"
"""Begins the attributes that Pub/Sub adds when it gives a message up."""
COUNT, ERROR, PUBLISHED = f"{SOURCE}DeliveryCount", f"{SOURCE}DeliveryErrorMessage", f"{SOURCE}TopicPublishTime"
QUIET_PULLS = 2
"""Pulls that must come back empty before a subscription counts as read: one answer may hold fewer than there are."""
PULL_SECONDS = 5.0
MOST_A_PULL = 1000


class _Held(NamedTuple):
    """A dead letter and the lease on it."""

    letter: DeadLetter
    path: str
    ack_id: str


class CloudDeadLetters:
    """The dead letters of a project; see ``shared.ports.DeadLetters`` for what each method promises."""

    def __init__(
        self,
        project: str | None,
        subscriptions: Sequence[Subscription] = SUBSCRIPTIONS,
        publish: Callable[..., str] | None = None,
        pull_seconds: float = PULL_SECONDS,
    ) -> None:
        self._given = project
        self._subscriptions = tuple(subscriptions)
        self._publish = publish or CloudBus(project).publish
        self._pull_seconds = pull_seconds

    @functools.cached_property
    def _client(self) -> pubsub_v1.SubscriberClient:
        try:
            return pubsub_v1.SubscriberClient()
        except (GoogleAuthError, OSError) as error:
            raise BusError(f"Pub/Sub cannot be used: {first_line(error)}") from error

    def dead_letters(self) -> list[DeadLetter]:
        """All of them, oldest first; others may look again at once."""
        with self._leased() as held:
            return sorted((each.letter for each in held), key=lambda letter: letter.published_at)

    def replay(self, message_id: str | None = None) -> int:
        """Publish on the topic it came from, then acknowledge; what is not asked for stays."""
        count = 0
        with self._leased() as held:
            for each in list(held):
                if message_id not in (None, each.letter.id):
                    continue
                self._publish(each.letter.topic, each.letter.data, each.letter.attributes)
                with _reporting("acknowledge a dead letter"):
                    self._client.acknowledge(subscription=each.path, ack_ids=[each.ack_id])
                held.remove(each)
                count += 1
        return count

    @contextlib.contextmanager
    def _leased(self) -> Iterator[list[_Held]]:
        """Every dead letter under a lease; those still in the list at the end are given back."""
        held: list[_Held] = []
        try:
            with ThreadPoolExecutor(len(self._subscriptions)) as pool:  # an empty pull waits for its time
                there = list(pool.map(lambda subscription: self._pull(subscription, held), self._subscriptions))
            if not any(there):
                raise BusError(f"project {project_of(self._given)} has no subscription of dead letters")
            yield held
        finally:
            for path in {each.path for each in held}:
                ids = [each.ack_id for each in held if each.path == path]
                with contextlib.suppress(*FAILURES):  # else they come back when their lease ends
                    self._client.modify_ack_deadline(subscription=path, ack_ids=ids, ack_deadline_seconds=0)

    def _pull(self, subscription: Subscription, held: list[_Held]) -> bool:
        """Take what waits at one subscription into ``held``; False where there is no such subscription, as not every
        deployment has all."""
        path = f"projects/{project_of(self._given)}/subscriptions/{subscription.name}-dead"
        request = {"subscription": path, "max_messages": MOST_A_PULL}
        quiet = 0
        while quiet < QUIET_PULLS:
            with _reporting(f"read the dead letters of {subscription.name}"):
                try:
                    received = self._client.pull(request=request, timeout=self._pull_seconds).received_messages
                except DeadlineExceeded:
                    received = []
                except NotFound:
                    return False
            quiet = 0 if received else quiet + 1
            held += [_Held(_letter(subscription, each.message), path, each.ack_id) for each in received]
        return True


def open_port(chosen: Settings) -> CloudDeadLetters:
    """The dead letters of these settings' project."""
    return CloudDeadLetters(chosen.project)


def _letter(subscription: Subscription, message: pubsub_v1.types.PubsubMessage) -> DeadLetter:
    attributes = dict(message.attributes)
    own = {name: value for name, value in attributes.items() if not name.startswith(SOURCE)}
    count = attributes.get(COUNT, "")
    return DeadLetter(
        message.message_id,
        subscription.name,
        subscription.topic,
        attributes.get(PUBLISHED) or message.publish_time.isoformat(),
        int(count) if count.isdigit() else subscription.max_attempts,
        attributes.get(ERROR, ""),
        message.data,
        own,
    )


@contextlib.contextmanager
def _reporting(what: str) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise BusError(f"Pub/Sub could not {what}: {first_line(error)}") from error
