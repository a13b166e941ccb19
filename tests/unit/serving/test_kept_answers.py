"""Answers that are kept: computed once, shared while under way, never kept when they fail."""

from __future__ import annotations

import threading

import pytest

from shared.serving.kept_answers import Answers


def test_the_same_question_is_computed_once_and_another_for_itself() -> None:
    kept: Answers[str] = Answers(2)
    assert kept.get("a", lambda: "1") == ("1", False)
    assert kept.get("a", lambda: "2") == ("1", True)
    assert kept.get("b", lambda: "3") == ("3", False)
    kept.clear()
    assert kept.get("a", lambda: "2") == ("2", False)


def test_the_one_not_asked_for_longest_goes_first() -> None:
    kept: Answers[int] = Answers(2)
    for question in ("a", "b", "a", "c"):
        kept.get(question, lambda: 1)
    assert [kept.get(question, lambda: 2) for question in ("a", "c")] == [(1, True), (1, True)]
    assert kept.get("b", lambda: 2) == (2, False)


def test_who_asks_while_it_is_computed_gets_the_same_answer() -> None:
    kept: Answers[object] = Answers(2)
    begun, go, found = threading.Event(), threading.Event(), []

    def slow() -> object:
        begun.set()
        go.wait(30)
        return object()

    first = threading.Thread(target=lambda: found.append(kept.get("a", slow)))
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=lambda: found.append(kept.get("a", object)))
    second.start()
    go.set()
    first.join()
    second.join()
    assert found[0][0] is found[1][0]
    assert sorted(cached for _, cached in found) == [False, True]


def test_an_error_is_told_and_not_kept() -> None:
    kept: Answers[int] = Answers(2)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get("a", fail)
    assert kept.get("a", lambda: 1) == (1, False)
