"""Brake bias: the ideal share of braking on the front. Derived from physics, no public truth."""
