"""What ``make bench`` measures beside the simulation itself."""
