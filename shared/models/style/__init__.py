"""Driving style: PUSH, BALANCED or CONSERVE from what the driver did. Labels by a stated rule, no public truth."""
