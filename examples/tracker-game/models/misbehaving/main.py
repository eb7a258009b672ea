"""A participant that does everything wrong, one thing per predict call, and then starts again.

Watch what it costs: its own predictions, and nobody else's.
"""

import os
import time

from examplegame import TrackerBase
from examplegame.densities import norm

# Longer than the demo's time limit for a call, and over before its next tick.
SLOW_SECONDS = float(os.environ.get("MISBEHAVING_SLOW_SECONDS", "4"))


class MisbehavingTracker(TrackerBase):
    """Slow, raising, NaN, then well-behaved: by the number of the call."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def predict(self, asset, horizon, step):
        turn = self.calls % 4
        self.calls += 1
        scale = self.prices.volatility(asset, step)
        if turn == 0:
            time.sleep(SLOW_SECONDS)
        elif turn == 1:
            raise RuntimeError("this model has a bug")
        elif turn == 2:
            # Not JSON: the stored row says so, and the others of the round are stored as usual.
            scale = float("nan")
        return [norm(loc=0.0, scale=scale) for _ in range(horizon // step)]
