"""Whether recent races are still like those that the models were trained on."""
