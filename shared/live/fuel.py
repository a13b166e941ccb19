"""Fuel remaining while no meter is to be had: a rule, behind a signature that a fitted model can take as well.

A car's fuel is secret and no feed carries it. Whoever needs it asks a ``FuelModel`` and passes on its ``basis``, which
says what the number rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.models.fuel.aboard import MEASURED, remaining
from shared.race.rules import RACE_FUEL
from shared.race.telemetry import LapTelemetry


class FuelModel(Protocol):
    """Fuel aboard at the end of ``lap``, kg, and in ``basis`` a word or two on what that rests on."""

    @property
    def basis(self) -> str: ...

    def remaining(self, lap: int, total_laps: int) -> float: ...


@dataclass(frozen=True, slots=True)
class EvenBurn:
    """``start`` kg burned evenly over the scheduled distance."""

    start: float = RACE_FUEL
    basis: str = "rule: full tank burned evenly over the scheduled distance; no model of this car"

    def remaining(self, lap: int, total_laps: int) -> float:
        """kg, not below 0, to 10 g."""
        return round(max(0.0, self.start * (1.0 - lap / total_laps)), 2)


DEFAULT: FuelModel = EvenBurn()


def measured(laps: Sequence[LapTelemetry], lap: int, total_laps: int, model: FuelModel) -> tuple[float, str]:
    """(kg aboard at the end of ``lap``, what that rests on): from the car's telemetry where at least three laps of it
    are at hand, else by ``model``."""
    told = remaining(laps, lap, total_laps, RACE_FUEL)
    return (model.remaining(lap, total_laps), model.basis) if told is None else (told, MEASURED)
