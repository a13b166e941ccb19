"""FastF1's sessions over the network: laps, results, weather, race control, telemetry by driver, corners."""
