"""When teams stop and what they fit: stops of the past, and the forecast of the next."""
