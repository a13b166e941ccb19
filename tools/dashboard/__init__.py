"""The dashboard's side of the tools: its client's document, its build, how it is served and published."""
