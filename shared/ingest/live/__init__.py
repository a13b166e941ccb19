"""Follows a session that runs: the timing service's stream, or a recording of one, in; telemetry messages out."""
