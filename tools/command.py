"""How a command ends: with what it answers, or with the message of an error of ours instead of a stack trace."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from shared.errors import F1Error


def run_main(main: Callable[[], int], failure: int = 2, without_arguments: str | None = None) -> None:
    """Exit with the code of ``main``; with ``failure`` and the message on stderr where it raises F1Error.
    ``without_arguments``: what a command that takes none does, for who asks it or gives some."""
    if without_arguments is not None:
        argparse.ArgumentParser(
            description=without_arguments, epilog="Settings come from the environment."
        ).parse_args()
    try:
        sys.exit(main())
    except F1Error as problem:
        print(problem, file=sys.stderr)
        sys.exit(failure)
