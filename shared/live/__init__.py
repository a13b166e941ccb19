"""A race while it runs: from telemetry messages to features in windows, the state of every car, and the field."""
