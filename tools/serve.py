"""Serves the recommend function on PORT, with the dashboard before it: `python -m tools.serve`."""

from __future__ import annotations

from shared.config import settings
from shared.observability import set_up
from tools.command import run_main
from tools.compiled import keep_compiled


def main() -> int:
    """Serve until told to stop."""
    chosen = settings()
    set_up(chosen)
    keep_compiled(chosen.state_dir / "compiled")
    from shared.simulation.block import SLOTS  # JAX, which may be loaded from here on
    from shared.simulation.programs import program

    program(SLOTS[0])  # XLA compiles while Python loads all else
    from tools.dashboard.replay import PATH, ReplayRoute
    from tools.dashboard.site import Site
    from tools.server import load_function, serve

    recommend = load_function("recommend")
    recommend.test_client().get("/health")  # the first request begins the warm-up; it must not wait for a client's
    serve(Site(recommend, routes={PATH: ReplayRoute(chosen)}), chosen.host, chosen.port)
    return 0


if __name__ == "__main__":
    run_main(main, without_arguments=__doc__)
