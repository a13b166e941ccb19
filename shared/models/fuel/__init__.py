"""Fuel: kilograms a lap from telemetry, by an LSTM over the last ten laps. Derived from physics, no public truth."""
