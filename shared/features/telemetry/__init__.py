"""What car telemetry tells of a lap and of a circuit's corners; the same functions for recorded and live samples."""
