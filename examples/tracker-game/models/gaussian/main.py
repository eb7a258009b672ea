"""The simplest sensible participant: tomorrow moves as much as the last hour did."""

from examplegame import TrackerBase
from examplegame.densities import norm


class GaussianTracker(TrackerBase):
    """Every step is normal around "no change", as wide as the steps of the last hour were."""

    def predict(self, asset, horizon, step):
        scale = self.prices.volatility(asset, step, seconds=3600)
        return [norm(loc=0.0, scale=scale) for _ in range(horizon // step)]
