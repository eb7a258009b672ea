"""Answers predict as the asset's name says, so that one process shows every kind of answer.

NONE, NAN, INFINITY, DICT, NUMBER, STRING, LIST, PARQUET, SURROGATE, NUL, DEEP, EMPTY, SHORT, RAISES
and HANGS (15 s); any other asset gets well-behaved densities.
"""

import time

import pandas
from examplegame import TrackerBase
from examplegame.densities import mixture, norm


class ByAsset(TrackerBase):
    """One kind of answer for each asset."""

    def predict(self, asset, horizon, step):
        good = [norm(0.0, 0.001) for _ in range(horizon // step)]
        fixed = {
            "NONE": None,
            "NAN": [norm(0.0, float("nan"))] * len(good),
            "INFINITY": [norm(0.0, float("inf"))] * len(good),
            "DICT": {"densities": good},
            "NUMBER": 7,
            "STRING": "up",
            "LIST": [1, 2],
            "PARQUET": pandas.DataFrame({"loc": [0.0], "scale": [0.001]}),
            "SURROGATE": ["\ud800"],
            "NUL": ["\x00"],
            "EMPTY": [],
            "SHORT": good[:1],
        }
        if asset in fixed:
            return fixed[asset]
        if asset == "DEEP":
            density = norm(0.0, 0.001)
            for _ in range(100):
                density = mixture((density, 1.0))
            return [density] * len(good)
        if asset == "RAISES":
            raise RuntimeError(f"{asset} is too hard")
        if asset == "HANGS":
            time.sleep(15)
        return good
