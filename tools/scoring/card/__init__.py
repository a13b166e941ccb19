"""The scorecard as it is shown: figures, goals, tables, plots, sentences, page."""
