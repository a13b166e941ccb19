"""Where the compiled simulation is kept between starts, and under which settings of JAX it is made and found."""

from __future__ import annotations

import os
from pathlib import Path

from shared.observability import fields, log

COMPILER = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # XLA's own caches would put the folder's name into every key.
    "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
}
"""JAX's settings under which the cache is made and found; the function is deployed with the same."""


def keep_compiled(folder: Path) -> bool:
    """Let JAX, which must not be loaded yet, keep what it compiles in ``folder``, unless the environment names another
    place; whether it does.

    What is kept is code that later starts run: the folder is for this user alone, and passed over if it is not. An
    entry of another version or kind of CPU is not found, one that is damaged is passed over.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return True
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
        refused = about.st_uid != os.getuid() or about.st_mode & 0o022 or not os.access(folder, os.W_OK)
    except OSError:
        refused = True
    if refused:
        log.warning(
            "the compiled simulation is not kept: the folder must be this user's alone", extra=fields(folder=folder)
        )
        return False
    os.environ.update(COMPILER | {"JAX_COMPILATION_CACHE_DIR": str(folder)})
    return True
