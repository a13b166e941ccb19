"""What happens on one lap: the track, the traffic, the stops, and the field that it happens to."""
