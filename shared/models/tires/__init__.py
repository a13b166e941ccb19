"""What tires cost: tables by circuit, and the degradation model of the stint under way."""
