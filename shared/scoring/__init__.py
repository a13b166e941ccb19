"""What is asked of past races and how forecasts of them are scored: pure, for training and for the scorecard."""
