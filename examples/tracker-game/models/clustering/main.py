"""Volatility comes in clusters: after a wild minute the next one is wild, too, but not for ever.

The steps of this forecast differ: the first is as wide as the market is right now, the later ones
come back to how it usually is.
"""

import math

from examplegame import TrackerBase
from examplegame.densities import mixture, norm, t

# How fast old moves are forgotten: after HALF_LIFE steps a move counts half.
HALF_LIFE = 60
# After this many steps half of the way back to the usual width is gone.
RETURN_HALF_LIFE = 240
# How heavy the tails are; the densities are t, which has a variance for df > 2.
DEGREES_OF_FREEDOM = 5.0
# A little of something much wider, so that a jump costs no more than it must.
SHOCK_WEIGHT, SHOCK_WIDTH = 0.02, 5.0


class ClusteringTracker(TrackerBase):
    """An exponentially weighted variance, which returns to the mean over the steps ahead."""

    def predict(self, asset, horizon, step):
        count = horizon // step
        # Only what can still matter: reading a month of minutes takes longer than forecasting.
        returns = self.prices.log_returns(asset, step, seconds=50 * HALF_LIFE * step)
        if len(returns) < 10:
            # Right after the start, or on a market that stands still.
            scale = self.prices.volatility(asset, step)
            return [norm(loc=0.0, scale=scale) for _ in range(count)]

        usual = sum(x * x for x in returns) / len(returns) or 1e-8
        now = self.weighted_variance(returns) or usual
        return [self.density(self.variance_ahead(now, usual, k)) for k in range(count)]

    @staticmethod
    def weighted_variance(returns):
        """The mean of the squared returns, the newest ones counting most."""
        decay = 0.5 ** (1 / HALF_LIFE)
        total = weights = 0.0
        for value in returns:
            total = total * decay + value * value
            weights = weights * decay + 1
        return total / weights

    @staticmethod
    def variance_ahead(now, usual, k):
        """The variance of step k: from what it is now back to what it usually is."""
        return usual + (now - usual) * 0.5 ** (k / RETURN_HALF_LIFE)

    @staticmethod
    def density(variance):
        """Heavy tails with the variance asked for, and a shock."""
        sigma = math.sqrt(variance)
        # The standard deviation of t is scale·√(df / (df − 2)).
        scale = sigma * math.sqrt((DEGREES_OF_FREEDOM - 2) / DEGREES_OF_FREEDOM)
        return mixture(
            (t(df=DEGREES_OF_FREEDOM, loc=0.0, scale=scale), 1 - SHOCK_WEIGHT),
            (norm(loc=0.0, scale=SHOCK_WIDTH * sigma), SHOCK_WEIGHT),
        )
