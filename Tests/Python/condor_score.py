"""Scores predictions and makes a leaderboard the way Condor's score worker does, in plain Python.

    condor_score.py < game.jsonl > result.json

The first line is {"now": unix seconds, "compat": bool, "models": [id, …], "prices": {asset: [[t,
price], …]}}, each further one a prediction as it was stored. The result holds the score of each
prediction, and of each model what belongs into `models`, with the ranks. Densities are evaluated by
the package `densitypdf`.
"""

import json
import math
import sys
from bisect import bisect_left

from densitypdf import density_pdf

WINDOWS = {"recent": 86_400, "steady": 3 * 86_400, "anchor": 7 * 86_400}


class Prices:
    """One asset's points, in order of time."""

    def __init__(self, points):
        self.times = [time for time, _ in points]
        self.values = [price for _, price in points]

    def closest(self, time):
        """The index of the closest point, the earlier one of two."""
        after = bisect_left(self.times, time)
        if after == 0:
            return 0
        if after == len(self.times):
            return after - 1
        return after - 1 if time - self.times[after - 1] <= self.times[after] - time else after


def score(row, prices):
    """The mean density over the steps, from the last one back; None for a failure."""
    if row["status"] != "SUCCESS" or row["horizon"] % row["step"]:
        return None
    densities = row["distributions"]
    if not isinstance(densities, list) or len(densities) != row["horizon"] // row["step"]:
        return None
    time = row["resolvable_at"]
    values = []
    try:
        for density in reversed(densities):
            end, start = prices.closest(time), prices.closest(time - row["step"])
            if end != start:
                move = math.log(prices.values[end]) - math.log(prices.values[start])
                values.append(float(density_pdf(density, move)))
            time -= row["step"]
    except Exception:  # whatever it is, the prediction is at fault
        return None
    mean = sum(values) / len(values) if values else math.nan
    return mean if math.isfinite(mean) else None


def window_scores(rows, now, compat):
    """The means over the windows, each null until something scored is as old as the window."""
    reach = [row for row in rows if row["resolvable_at"] >= now - WINDOWS["anchor"]]
    oldest = min(row["resolvable_at"] for row in (reach if compat else rows))
    scores = {}
    for name, seconds in WINDOWS.items():
        values = [row["value"] for row in reach if row["resolvable_at"] >= now - seconds]
        full = oldest <= now - seconds
        scores[name] = sum(values) / len(values) if values and full else None
    return scores


def standing(rows, now, compat):
    """A model's entries and its overall score."""
    groups = {}
    for row in rows:
        groups.setdefault((row["asset"], row["horizon"], row["step"]), []).append(row)
    entries = []
    for (asset, horizon, step), group in sorted(groups.items()):
        if not any(row["resolvable_at"] >= now - WINDOWS["anchor"] for row in group):
            continue
        entries.append(
            {
                "param": {"asset": asset, "horizon": horizon, "step": step},
                "score": window_scores(group, now, compat),
            }
        )
    overall = {}
    for name in WINDOWS:
        values = [entry["score"][name] for entry in entries]
        overall[name] = None if not values or None in values else sum(values) / len(values)
    return {"overall": overall, "scores_by_param": entries}


def rank_key(overall, compat):
    """Descending by anchor, steady, recent; nothing comes last."""
    def number(name):
        value = overall[name]
        if value is None or (compat and name != "anchor" and value == 0):
            return math.inf
        return -value

    return [number(name) for name in ("anchor", "steady", "recent")]


def main():
    game = json.loads(sys.stdin.readline())
    prices = {asset: Prices(points) for asset, points in game["prices"].items()}
    rows = [json.loads(line) for line in sys.stdin]
    for row in rows:
        row["value"] = score(row, prices[row["asset"]])
        row["success"] = row["value"] is not None
    lowest = min([0.0] + [row["value"] for row in rows if row["success"]])
    for row in rows:
        if not row["success"]:
            row["value"] = lowest
    models = {}
    for model in game["models"]:
        own = [row for row in rows if row["model_id"] == model]
        models[model] = standing(own, game["now"], game["compat"])
    ranking = sorted(
        models, key=lambda model: (rank_key(models[model]["overall"], game["compat"]), model)
    )
    json.dump(
        {
            "scores": {row["id"]: [row["value"], row["success"]] for row in rows},
            "models": models,
            "ranking": ranking,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
