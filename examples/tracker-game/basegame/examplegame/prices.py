"""The prices that a model has seen."""

import bisect
import math
import statistics


class PriceStore:
    """The latest prices of each asset, by time.

    Points may come in any order: an older one is put where it belongs, and one for a time that is
    already known replaces the price.
    """

    def __init__(self, history_seconds=30 * 24 * 3600):
        self.history_seconds = history_seconds
        self._times = {}
        self._prices = {}

    def add(self, data):
        """Adds `{"BTC": [[unix_seconds, price], ...], ...}`; drops prices that are not > 0."""
        for asset, points in data.items():
            times = self._times.setdefault(asset, [])
            prices = self._prices.setdefault(asset, [])
            for time, price in points:
                if not (math.isfinite(price) and price > 0):
                    continue
                if not times or time > times[-1]:
                    times.append(time)
                    prices.append(price)
                    continue
                index = bisect.bisect_left(times, time)
                if times[index] == time:
                    prices[index] = price
                else:
                    times.insert(index, time)
                    prices.insert(index, price)
            self._forget_old(times, prices)

    def _forget_old(self, times, prices):
        if times:
            first = bisect.bisect_left(times, times[-1] - self.history_seconds)
            del times[:first], prices[:first]

    def assets(self):
        """The names of all assets seen so far."""
        return sorted(self._times)

    def last(self, asset):
        """The newest `(unix_seconds, price)`, or None."""
        times = self._times.get(asset)
        return (times[-1], self._prices[asset][-1]) if times else None

    def history(self, asset, seconds=None):
        """The points of the last `seconds` (all by default): `[(unix_seconds, price), ...]`."""
        times = self._times.get(asset, [])
        first = 0
        if times and seconds is not None:
            first = bisect.bisect_left(times, times[-1] - seconds)
        return list(zip(times[first:], self._prices.get(asset, [])[first:]))

    def log_returns(self, asset, step, seconds=None):
        """ln(price at t) − ln(price at t − step), for every `step` seconds back from the newest.

        The price at a time is the newest one up to it. Times without a newer price than the step
        before are left out.
        """
        points = self.history(asset, seconds)
        if len(points) < 2 or step <= 0:
            return []
        times = [time for time, _ in points]
        returns = []
        end = times[-1]
        right = len(times) - 1
        while end - step >= times[0]:
            left = bisect.bisect_right(times, end - step) - 1
            if left < right:
                returns.append(math.log(points[right][1] / points[left][1]))
            end -= step
            right = left
        returns.reverse()
        return returns

    def volatility(self, asset, step, seconds=None, default=1e-3):
        """The standard deviation of the log returns over `step`, `default` if too few are known."""
        returns = self.log_returns(asset, step, seconds)
        if len(returns) < 2:
            return default
        return statistics.pstdev(returns) or default
