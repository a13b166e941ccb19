"""Answers that are kept for a while: the same question of the same models has the same answer, byte for byte.

A dashboard and a pit wall that look at one state ask the same within a second; the simulation runs once for both, even
while the first is still waiting for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

AnswerT = TypeVar("AnswerT")


class Answers(Generic[AnswerT]):
    """The last ``room`` answers by question. A question must name all that its answer depends on."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Future[AnswerT]] = OrderedDict()

    def get(self, question: Hashable, compute: Callable[[], AnswerT]) -> tuple[AnswerT, bool]:
        """The answer, and whether it was there or under way already. Who asks meanwhile shares the outcome of the one
        that computes, its error included; an error is not kept."""
        with self._lock:
            under_way = self._kept.get(question)
            if under_way is None:
                mine: Future[AnswerT] = Future()
                self._kept[question] = mine
                while len(self._kept) > self._room:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(question)
        if under_way is not None:
            return under_way.result(), True
        try:
            answer = compute()
        except BaseException as error:
            with self._lock:
                if self._kept.get(question) is mine:
                    del self._kept[question]
            mine.set_exception(error)
            raise
        mine.set_result(answer)
        return answer, False

    def clear(self) -> None:
        """Keep nothing of what was asked so far."""
        with self._lock:
            self._kept.clear()
