"""Driver profiles: how aggressive, consistent, calm under pressure and kind to the tires each driver is."""
