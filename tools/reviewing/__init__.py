"""Parts of ``tools.review``: decisions of a recorded race, what the product would have advised, table, plot, page."""
