"""A method for each kind of argument, answer and fault that a coordinator may meet."""

import os
import time

import pandas
from examplegame import TrackerBase


def describe(value):
    """The value's Python type and content, as JSON can tell it."""
    if isinstance(value, pandas.DataFrame):
        return ["DataFrame", value.to_dict(orient="list")]
    return [type(value).__name__, value]


class Methods(TrackerBase):
    """Takes any constructor arguments, and tells them in `setup_arguments`."""

    def __init__(self, first=None, second=None, third=None):
        super().__init__()
        self.arguments = {"first": first, "second": second, "third": third}
        self.calls = 0

    def predict(self, asset, horizon, step):
        self.calls += 1
        return [{"step": step * (k + 1), "asset": asset} for k in range(horizon // step)]

    # What arrived.

    def setup_arguments(self):
        return {name: describe(value) for name, value in self.arguments.items()}

    def describe(self, first=None, second=None, third=None):
        return [describe(first), describe(second), describe(third)]

    def echo(self, value):
        return value

    def count(self):
        """How often this instance was asked: 1, 2, 3 …"""
        self.calls += 1
        return self.calls

    def pid(self):
        return os.getpid()

    # Answers of every kind.

    def none(self):
        return None

    def integer(self):
        return -(2**63)

    def boolean(self):
        return True

    def fraction(self):
        return 0.1

    def not_a_number(self):
        return float("nan")

    def text(self):
        return "naïve \U0001f680 \x00"

    def parquet(self):
        return pandas.DataFrame({"asset": ["BTC", "ETH"], "price": [1.5, 2.5]})

    def dictionary(self):
        return {"b": [1, 2.5, None, True], "a": {"nested": "é"}}

    def specials(self):
        """A JSON text as Python writes it, which is not JSON."""
        return [float("nan"), float("inf"), float("-inf"), 1e308, -0.0]

    def lone_surrogate(self):
        return ["\ud800"]

    def nul(self):
        return ["a\x00b"]

    def large(self, size):
        """A JSON text of `size` bytes."""
        return ["x" * (size - 4)]

    def deep(self, depth):
        """`depth` lists in each other."""
        value = []
        for _ in range(depth - 1):
            value = [value]
        return value

    # Faults.

    def raises(self, text="on purpose"):
        raise RuntimeError(text)

    def hangs(self, seconds):
        time.sleep(seconds)
        return "woke up"

    def tuple_of_two(self):
        """The runner knows no type for it."""
        return (1, 2)

    def too_big(self):
        """More than INT holds."""
        return 2**64

    def broken_text(self):
        """Can't be written as UTF-8."""
        return "\ud800"

    def exits(self, code=1):
        os._exit(code)
