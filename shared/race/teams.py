"""Teams across their names: which past team a team of today continues."""

from __future__ import annotations

_LINES = {
    "aston martin": ("force india", "racing point", "aston martin"),
    "rb": ("toro rosso", "alphatauri", "racing bulls", "rb"),
    "sauber": ("sauber", "alfa romeo", "audi"),
    "alpine": ("lotus f1", "renault", "alpine"),
    "red bull": ("red bull",),
    "mercedes": ("mercedes",),
    "ferrari": ("ferrari",),
    "mclaren": ("mclaren",),
    "williams": ("williams",),
    "haas": ("haas",),
    "cadillac": ("cadillac",),
}


def team_line(team: str | None) -> str:
    """One name for a team through its renamings ("AlphaTauri", "Racing Bulls" -> "rb"); an unknown team keeps its own
    name in lower case, and no team is an empty string."""
    name = (team or "").lower().replace("_", " ").strip()
    if name == "rb" or name.startswith("rb ") or "racing bulls" in name:
        return "rb"
    for line, parts in _LINES.items():
        if any(part in name for part in parts if part != "rb"):
            return line
    return name
