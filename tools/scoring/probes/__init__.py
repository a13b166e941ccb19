"""Parts of the model on trial one at a time against recorded races: rejoin, next stops, events, physics, the call."""
