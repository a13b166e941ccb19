"""Model cards: what each model of a bundle is for, rests on, knows and does not know."""
