"""The class that every participant extends."""

from .prices import PriceStore


class TrackerBase:
    """A participant's model.

    Extend it in `main.py` and write `predict`. The coordinator makes one instance when it connects
    and calls it from then on, one call at a time:

    - `tick(data)`, whenever prices arrive: the whole history first, then only what is new;
    - `predict(asset, horizon, step)`, whenever a forecast is due.

    A call that takes longer than the game allows, raises or returns something else is a failed
    prediction, which scores lowest. Whatever you keep must live in `self`: after a restart the
    instance is new, and the first tick brings the history again.
    """

    def __init__(self):
        self.prices = PriceStore()

    def tick(self, data):
        """Takes new prices: `{"BTC": [[unix_seconds, price], ...], ...}`, oldest first.

        Keep `super().tick(data)` if you extend it, or `self.prices` stays empty.
        """
        self.prices.add(data)

    def predict(self, asset, horizon, step):
        """Forecasts `asset` from now to `horizon` seconds ahead.

        Returns a list of `horizon // step` densities (see `examplegame.densities`). The k-th one is
        that of the log return within step k:
        ln(price at (k+1)·step) − ln(price at k·step), seconds from now.
        """
        raise NotImplementedError(f"{type(self).__name__} has no predict method")
