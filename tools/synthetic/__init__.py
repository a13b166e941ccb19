"""Simulated races in the layout of the recorded ones, for where no recorded data are at hand."""
