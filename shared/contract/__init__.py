"""The HTTP contract as pydantic models: what a request may hold, what an answer holds, and every error."""
