"""Who and what a request's names mean: drivers by three-letter code or Ergast id, teams, circuits, seasons.

Reads ``bundle.tables``: ``drivers`` {code: {"ergast_id", "team", "season"}}, ``circuits`` {circuit_id: ...} and
``typical_field["drivers"]``. A name that is not known is kept as it came, and served from the priors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Names:
    """Look-ups of one bundle. Upper and lower case do not matter."""

    def __init__(self, tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
        self._drivers: Mapping[str, Mapping[str, Any]] = tables["drivers"]
        self._circuits = {str(circuit).casefold(): str(circuit) for circuit in tables["circuits"]}
        by_ergast = {
            str(row["ergast_id"]).casefold(): code for code, row in self._drivers.items() if row.get("ergast_id")
        }
        self._codes = {**by_ergast, **{code.casefold(): code for code in self._drivers}}
        field = tables.get("typical_field", {}).get("drivers", {})
        self._rosters = {int(s): {str(driver): str(team) for driver, team in rows} for s, rows in field.items()}
        teams = {str(team) for rows in field.values() for _, team in rows if team}
        teams |= {str(row["team"]) for row in self._drivers.values() if row.get("team")}
        self._teams = {team.casefold(): team for team in teams}
        self._seasons = sorted(int(season) for season in field) or [int(str(manifest["data"]["until"])[:4])]

    @property
    def newest_season(self) -> int:
        """The newest season that the bundle's models have seen."""
        return self._seasons[-1]

    def driver(self, name: str) -> str:
        """The code that the models know a driver by; an unknown name as it came."""
        return self._codes.get(name.casefold(), name)

    def knows_driver(self, name: str) -> bool:
        """Whether the models know the driver."""
        return name.casefold() in self._codes

    def team_of(self, driver: str, season: int) -> str | None:
        """The driver's team in a season, else the latest one known, None for a driver not known."""
        code = self.driver(driver)
        team = self._rosters.get(season, {}).get(code) or self._drivers.get(code, {}).get("team")
        return str(team) if team else None

    def team(self, name: str) -> str:
        """The team's name as the models know it; an unknown one as it came."""
        return self._teams.get(name.casefold(), name)

    def knows_team(self, name: str) -> bool:
        """Whether the models know the team."""
        return name.casefold() in self._teams

    def circuit(self, name: str) -> str:
        """The circuit's id as the models know it; an unknown one as it came."""
        return self._circuits.get(name.casefold(), name)

    def knows_circuit(self, name: str) -> bool:
        """Whether the models know the circuit."""
        return name.casefold() in self._circuits

    def knows_season(self, season: int) -> bool:
        """Whether the season is one of those that the models have seen."""
        return season in self._seasons

    def as_given(self, names: Iterable[str]) -> dict[str, str]:
        """What the answer must call the drivers that the request named otherwise than the models do."""
        return {self.driver(name): name for name in names if self.driver(name) != name}
