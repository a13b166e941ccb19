"""Scores of forecasts on past races: the situations asked about, the measures, and the baselines beside them."""
