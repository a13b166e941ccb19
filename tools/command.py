"""How a command ends: with what it answers, or with the message of an error of ours instead of a stack trace."""

from __future__ import annotations

import sys
from collections.abc import Callable

from shared.errors import F1Error


def run_main(main: Callable[[], int], failure: int = 2) -> None:
    """Exit with the code of ``main``; with ``failure`` and the message on stderr where it raises F1Error."""
    try:
        sys.exit(main())
    except F1Error as problem:
        print(problem, file=sys.stderr)
        sys.exit(failure)
