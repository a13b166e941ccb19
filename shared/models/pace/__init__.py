"""How fast every car is: before a race, from its laps so far, and from there to the flag."""
