"""Measures of the live road: the transform alone, one function instance end to end, and the times from publish on."""
