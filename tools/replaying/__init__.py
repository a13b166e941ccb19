"""Races told again as telemetry messages: from recorded laps, recorded telemetry, FastF1, or a simulation."""
