"""Scores predictions and makes a leaderboard the way Condor's score worker does, in plain Python.

    condor_score.py < game.jsonl > result.json

The first line is {"now": unix seconds, "compat": bool, "method": "density" or "crps", "t": {asset:
scale}, "models": [id, …], "prices": {asset: [[t, price], …]}}, each further one a prediction as it
was stored. The result holds the score of each prediction, the one that failures got, and of each
model what belongs into `models`, with the ranks. Densities are evaluated by the package
`densitypdf`, or, with "crps", by `crunch_synth`; then lower is better, and failures get the worst
score of the run.
"""

import json
import math
import sys
from bisect import bisect_left

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


class MeanDensity:
    """Condor's rule: the mean density at the log returns."""

    order = -1

    def __init__(self):
        from densitypdf import density_pdf

        self.pdf = density_pdf

    def step(self, row, density, before, after):
        return float(self.pdf(density, math.log(after) - math.log(before)))

    def total(self, row, values):
        return sum(values) / len(values)

    def failed(self, scores):
        return min([0.0] + scores)


class CRPS:
    """crunch-synth's rule: the sum of the steps' CRPS of price changes over the asset's scale."""

    order = 1

    def __init__(self, scales):
        from crunch_synth.constants import CRPS_BOUNDS
        from crunch_synth.tracker_evaluator import crps_integral

        self.integral, self.bounds = crps_integral, CRPS_BOUNDS
        self.scales = CRPS_BOUNDS["t"] | scales

    def step(self, row, density, before, after):
        base, step = self.bounds["base_step"], row["step"]
        reach = self.scales[row["asset"]] * (math.sqrt(step / base) if step > base else 1)
        return float(
            self.integral(
                density_dict=density, x=after - before, t_min=-reach, t_max=reach,
                num_points=self.bounds["num_points"],
            )
        )

    def total(self, row, values):
        return sum(values) / self.scales[row["asset"]]

    def failed(self, scores):
        return max(scores)


def score(row, prices, rule):
    """The score over the steps, from the last one back; None for a failure."""
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
                values.append(rule.step(row, density, prices.values[start], prices.values[end]))
            time -= row["step"]
    except Exception:  # whatever it is, the prediction is at fault
        return None
    total = rule.total(row, values) if values else math.nan
    return total if math.isfinite(total) else None


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


def rank_key(overall, compat, order):
    """The best first, by anchor, steady, recent; nothing comes last."""
    def number(name):
        value = overall[name]
        if value is None or (compat and name != "anchor" and value == 0):
            return math.inf
        return order * value

    return [number(name) for name in ("anchor", "steady", "recent")]


def main():
    game = json.loads(sys.stdin.readline())
    prices = {asset: Prices(points) for asset, points in game["prices"].items()}
    rule = CRPS(game["t"]) if game["method"] == "crps" else MeanDensity()
    rows = [json.loads(line) for line in sys.stdin]
    for row in rows:
        row["value"] = score(row, prices[row["asset"]], rule)
        row["success"] = row["value"] is not None
    failed = rule.failed([row["value"] for row in rows if row["success"]])
    for row in rows:
        if not row["success"]:
            row["value"] = failed
    models = {}
    for model in game["models"]:
        own = [row for row in rows if row["model_id"] == model]
        models[model] = standing(own, game["now"], game["compat"])
    def place(model):
        return rank_key(models[model]["overall"], game["compat"], rule.order), model

    json.dump(
        {
            "scores": {row["id"]: [row["value"], row["success"]] for row in rows},
            "failed": failed,
            "models": models,
            "ranking": sorted(models, key=place),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
