"""The Python side of bench-score: densitypdf, crunch-synth and json, one prediction a request.

Reads requests from standard input, one a line, and answers each with one line of JSON:

    load PATH            minute prices in a list, then a prediction's JSON a line
    density INDEX N      the mean density of prediction INDEX at moves that are known, N times
    walk INDEX N         the same with the prices looked up, as Condor does for each prediction
    text INDEX N         the same from its stored text, by json.loads
    crps INDEX N         its CRPS at moves that are known
"""

import json
import sys
import time
import warnings
from bisect import bisect_left

import numpy as np
from crunch_synth.tracker_evaluator import crps_integral
from densitypdf import density_pdf

SCALE, STEP = 1_500, 300


def closest(times, prices, time):
    """The point closest to a time, by bisection over lists, as Condor's price store has them."""
    index = bisect_left(times, time)
    if index in (0, len(times)):
        index = min(index, len(times) - 1)
    elif time - times[index - 1] <= times[index] - time:
        index -= 1
    return times[index], prices[index]


def walk(densities, times, prices):
    values, time = [], times[-1]
    for density in densities[::-1]:
        now, price = closest(times, prices, time)
        before, price_before = closest(times, prices, time - STEP)
        if now != before:
            values.append(density_pdf(density, np.log(price) - np.log(price_before)))
        time -= STEP
    return float(np.mean(values))


def mean_density(densities, moves):
    return float(np.mean([density_pdf(density, x) for density, x in zip(densities, moves)]))


def crps(densities, moves):
    total = 0.0
    for density, x in zip(densities, moves):
        total += crps_integral(density, x, t_min=-SCALE, t_max=SCALE)
    return total / SCALE


def main():
    warnings.simplefilter("ignore")
    texts, parsed, times, prices, returns, changes = [], [], [], [], [], []
    scores = {
        "density": lambda index: mean_density(parsed[index], returns),
        "crps": lambda index: crps(parsed[index], changes),
        "walk": lambda index: walk(parsed[index], times, prices),
        "text": lambda index: walk(json.loads(texts[index]), times, prices),
    }
    for line in sys.stdin:
        command, *words = line.split()
        if command == "load":
            with open(words[0], encoding="utf-8") as file:
                first, *texts = file.read().splitlines()
            prices, parsed = json.loads(first), [json.loads(text) for text in texts]
            times = [60 * index for index in range(len(prices))]
            used = prices[-1 - len(parsed[0]) * 5 :: 5]
            returns, changes = list(np.diff(np.log(used))), list(np.diff(used))
            print(json.dumps({"count": len(texts)}), flush=True)
            continue
        index, count = int(words[0]), int(words[1])
        start = time.process_time()
        for _ in range(count):
            score = scores[command](index)
        seconds = (time.process_time() - start) / count
        print(json.dumps({"seconds": seconds, "score": score}), flush=True)


if __name__ == "__main__":
    main()
