"""What the models of telemetry share: laps of a car as arrays, the last ten of them, and scores of races left out."""
