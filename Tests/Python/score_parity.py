"""Draws predictions and scores them with the Python packages that Scoring stands in for.

    score_parity.py --count 500 --seed 1 > cases.jsonl

Writes one JSON object a line: a prediction as its stored text, the prices of its horizon, and the
score by `densitypdf` 0.1.4 (Condor's mean density) or `crunch-synth` 0.15.0 (CRPS), null where that
fails. `--count` predictions are drawn for each of the fifteen families, for mixtures, for each
scipy name and for bad inputs, once for either `--method`; the same seed gives the same cases.

Where ours differs on purpose the case says why (`exception`), and `expected` is what ours gives.
"""

import argparse
import json
import math
import random
import statistics
import sys
import warnings

import numpy as np
from crunch_synth.constants import CRPS_BOUNDS
from crunch_synth.tracker_evaluator import crps_integral
from densitypdf import density_pdf

from score_draws import Draw, bad_inputs

RESOLVABLE_AT = 1_795_345_200
STEP = 300
STEP_COUNT = 4
SCORE_MAX = 1e100


def closest(prices, time):
    """The point closest to a time, the earlier one of two."""
    return min(prices, key=lambda point: (abs(point[0] - time), point[0]))


def moves(prices, count, measure):
    """The moves from the last step back, None where both ends have the same point."""
    for back in range(count):
        time = RESOLVABLE_AT - back * STEP
        now, before = closest(prices, time), closest(prices, time - STEP)
        yield None if now[0] == before[0] else measure(before[1], now[1])


def density_score(distributions, prices, pdf=density_pdf):
    """Condor's score: the mean density at the log returns."""
    if len(distributions) != STEP_COUNT:
        raise ValueError("wrong number of steps")
    values = []
    log_return = lambda before, now: np.log(now) - np.log(before)
    for density, move in zip(distributions[::-1], moves(prices, STEP_COUNT, log_return)):
        if move is not None:
            values.append(pdf(density_dict=density, x=move))
    return np.mean(values)


def crps_score(distributions, prices, asset="BTC", integral=crps_integral):
    """crunch-synth's score: the sum of the steps' CRPS over the asset's scale."""
    if len(distributions) != STEP_COUNT:
        raise ValueError("wrong number of steps")
    scale = CRPS_BOUNDS["t"][asset]
    factor = np.sqrt(STEP / CRPS_BOUNDS["base_step"]) if STEP > CRPS_BOUNDS["base_step"] else 1
    total = 0.0
    difference = lambda before, now: now - before
    for density, move in zip(distributions[::-1], moves(prices, STEP_COUNT, difference)):
        if move is not None:
            total += integral(
                density_dict=density, x=move, t_min=-factor * scale, t_max=factor * scale,
                num_points=CRPS_BOUNDS["num_points"],
            )
    return total / scale


SCORES = {"density": density_score, "crps": crps_score}


def outcome(method, text, prices):
    """The score by the oracle, and why there is none."""
    try:
        score = SCORES[method](json.loads(text), prices)
        if isinstance(score, complex) or np.iscomplexobj(score):
            return None, "complex"
        return (float(score), None) if math.isfinite(score) else (None, "not finite")
    except Exception as error:  # whatever theirs raises is a failed score
        return None, f"{type(error).__name__}: {error}"


def plain_normal(density_dict, x):
    """`statistics` as it is meant: densitypdf 0.1.4 always fails on it."""
    params = density_dict["params"]
    mu = params.get("mu", params.get("loc", 0.0))
    sigma = params.get("sigma", params.get("scale", 1.0))
    return statistics.NormalDist(mu, sigma).pdf(x)


def draw_prices(random_, method):
    """Prices of the horizon; now and then none moves, or one inside is missing."""
    spread = 0.002 if method == "density" else 400 / 90_000
    prices, price = [], 90_000 * math.exp(random_.gauss(0, 0.1))
    flat = random_.random() < 0.1
    for index in range(STEP_COUNT + 1):
        prices.append([RESOLVABLE_AT - (STEP_COUNT - index) * STEP, price])
        price *= 1 if flat else math.exp(random_.gauss(0, spread))
    if random_.random() < 0.2:
        del prices[random_.randrange(1, STEP_COUNT)]
    return prices


def write(case):
    """One line; the text stays as it is."""
    sys.stdout.write(json.dumps(case) + "\n")


def case_of(method, group, text, prices, exception=None, ours=None):
    """A case with the oracle's answer, or with ours where that differs on purpose."""
    expected, error = outcome(method, text, prices)
    if exception is None and expected is not None and abs(expected) > SCORE_MAX:
        exception, ours = "a score above 1e100 can't be averaged by PostgreSQL", None
    case = {
        "method": method, "group": group, "text": text, "prices": prices, "step": STEP,
        "horizon": STEP * STEP_COUNT, "resolvable_at": RESOLVABLE_AT,
        "expected": expected, "error": error,
    }
    if exception is not None:
        case |= {"exception": exception, "expected": ours, "theirs": expected}
    return case


def draw_cases(random_, count, method):
    """All drawn cases of one method."""
    draw = Draw(random_, method)
    groups = [(family, draw.builtin) for family in draw.families]
    groups += [(f"scipy {family}", draw.scipy) for family in draw.families]
    for name, make in groups:
        for _ in range(count):
            prices = draw_prices(random_, method)
            steps = [make(name.split()[-1]) for _ in range(STEP_COUNT)]
            yield case_of(method, name, json.dumps(steps), prices)
    for _ in range(count):
        prices = draw_prices(random_, method)
        steps = [draw.mixture(random_.choice([1, 1, 1, 2, 3])) for _ in range(STEP_COUNT)]
        yield case_of(method, "mixture", json.dumps(steps), prices)
    for _ in range(count):
        prices = draw_prices(random_, method)
        steps = [draw.normals() for _ in range(STEP_COUNT)]
        yield case_of(method, "mixture of normals", json.dumps(steps), prices)
    for _ in range(count):
        prices = draw_prices(random_, method)
        steps = [draw.statistics() for _ in range(STEP_COUNT)]
        text = json.dumps(steps)
        if method == "crps":
            yield case_of(method, "statistics", text, prices)
        else:
            ours = float(density_score(steps, prices, pdf=plain_normal))
            why = "densitypdf calls dict.get with three arguments"
            yield case_of(method, "statistics", text, prices, why, ours)


def draw_bad_cases(random_, count, method):
    """Bad inputs, each one as every step and as one step of a good prediction."""
    draw = Draw(random_, method)
    made = list(bad_inputs(draw, STEP_COUNT))
    for index in range(max(count, len(made))):
        name, text, exception, ours = made[index % len(made)]
        prices = draw_prices(random_, method)
        if ours is not None:
            ours, _ = outcome(method, ours, prices)
        yield case_of(method, f"bad: {name}", text, prices, exception.get(method), ours)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--method", choices=list(SCORES), action="append")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        for method in arguments.method or SCORES:
            random_ = random.Random(f"{arguments.seed} {method}")
            for case in draw_cases(random_, arguments.count, method):
                write(case)
            for case in draw_bad_cases(random_, arguments.count, method):
                write(case)


if __name__ == "__main__":
    main()
