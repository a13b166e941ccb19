"""How far the call rests on what the models and the request leave open.

What is not known comes in N_DRAWS draws that the scenarios carry: the models' own parameters, gaps and tire ages of
rivals that were filled in, the pace of cars whose laps were not given. So the scenarios that decided the call tell
under how many of the draws it would be another.
"""

from __future__ import annotations

import numpy as np

from shared.simulation.types import N_DRAWS
from shared.strategy.search.halving import Found
from shared.strategy.search.statistics import share_of_draws


def confidence(found: Found) -> float:
    """Share of the draws of what is not known under which the call stays best.

    The call is what ``Found.same_call`` says: no stop, or this compound within the pit window. It stays best
    in a draw when its expected objective there is not below that of the best plan that is another call; of several
    such plans the one that does most harm counts. 1 when the rules leave no other call.
    """
    best = found.best.values
    tables = [_by_draw(best[: rival.n_scenarios], rival.values) for rival in found.rivals]
    return min((share_of_draws(table) for table in tables), default=1.0)


def _by_draw(call: np.ndarray, rival: np.ndarray) -> np.ndarray:
    """f64[S // N_DRAWS, N_DRAWS]: the call's value less the rival's, a column per draw."""
    n = min(len(call), len(rival)) // N_DRAWS * N_DRAWS
    return (call[:n] - rival[:n]).reshape(-1, N_DRAWS)
