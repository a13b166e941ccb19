"""The recommend function's HTTP side: routes, keys, errors, which bundle serves, one simulation at a time."""
