"""Vocabulary of the sport: compounds, track status, circuits, rules by season, and the state of a race."""
