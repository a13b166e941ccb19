"""What speaks for a new bundle and against it, measured on races that neither side has seen."""
