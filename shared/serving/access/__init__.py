"""Who may ask, and how often: keys, identity tokens, rates."""
