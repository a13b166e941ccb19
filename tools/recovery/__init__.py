"""Backups of the whole state, restores, and the drill that proves them: what tools/{backup,restore,drill}.py call."""
