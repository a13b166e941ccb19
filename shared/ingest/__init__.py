"""From what the sources give to rows of the raw tables."""
