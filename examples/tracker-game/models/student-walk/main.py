"""A random walk whose steps have heavy tails: prices jump more often than a normal density says."""

import statistics

from examplegame import TrackerBase
from examplegame.densities import mixture, norm, t


class StudentWalkTracker(TrackerBase):
    """Student's t fitted by its moments, plus a little of a wide normal for what never was seen."""

    def predict(self, asset, horizon, step):
        returns = self.prices.log_returns(asset, step, seconds=6 * 3600)
        if len(returns) < 10:
            scale = self.prices.volatility(asset, step)
            return [t(df=4.0, loc=0.0, scale=scale) for _ in range(horizon // step)]

        mean = statistics.fmean(returns)
        sigma = statistics.pstdev(returns, mean) or 1e-4
        df = self.degrees_of_freedom(returns, mean, sigma)
        # The t density's standard deviation is scale·√(df / (df − 2)).
        walk = t(df=df, loc=mean, scale=sigma * ((df - 2) / df) ** 0.5)
        shock = norm(loc=0.0, scale=4 * sigma)
        return [mixture((walk, 0.95), (shock, 0.05)) for _ in range(horizon // step)]

    @staticmethod
    def degrees_of_freedom(returns, mean, sigma):
        """From the excess kurtosis, 6 / (df − 4) for Student's t; kept between 3 and 30."""
        kurtosis = statistics.fmean(((x - mean) / sigma) ** 4 for x in returns) - 3
        return min(max(4 + 6 / kurtosis, 3.0), 30.0) if kurtosis > 0 else 30.0
