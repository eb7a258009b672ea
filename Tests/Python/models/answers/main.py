"""Answers every predict in one way: as the name of the folder that this file lies in says.

none, nan, infinity, dict, number, fraction, string, numbers, parquet, surrogate, nul, deep, short
(a step is missing), empty, raises, slow (2 s), late-raises, exits; any other name is well-behaved.
"""

import os
import pathlib
import time

import pandas
from examplegame import TrackerBase
from examplegame.densities import mixture, norm

KIND = pathlib.Path(__file__).parent.name


class Answers(TrackerBase):
    """One kind of answer."""

    def predict(self, asset, horizon, step):
        good = [norm(0.0, 0.001) for _ in range(horizon // step)]
        fixed = {
            "none": None,
            "nan": [norm(0.0, float("nan"))] * len(good),
            "infinity": [norm(float("inf"), 0.001)] * len(good),
            "dict": {"densities": good},
            "number": 7,
            "fraction": 0.5,
            "string": "up",
            "numbers": [1, 2],
            "parquet": pandas.DataFrame({"loc": [0.0], "scale": [0.001]}),
            "surrogate": ["\ud800"],
            "nul": ["\x00"],
            "short": good[1:],
            "empty": [],
        }
        if KIND in fixed:
            return fixed[KIND]
        if KIND == "deep":
            density = norm(0.0, 0.001)
            for _ in range(100):
                density = mixture((density, 1.0))
            return [density] * len(good)
        if KIND in ("slow", "late-raises"):
            time.sleep(2)
        if KIND in ("raises", "late-raises"):
            raise RuntimeError(f"{asset} is too hard")
        if KIND == "exits":
            os._exit(3)
        return good
