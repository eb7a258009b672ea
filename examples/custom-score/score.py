"""A game's own score: how well the middle of each density foretold the move.

Started by score-worker as

    score:
      command: [python3, examples/custom-score/score.py]
      order: descending

It reads one prediction a line and answers each with one line, in the same order.
"""

import json
import math
import sys
from bisect import bisect_left


class CannotScore(Exception):
    """The participant's fault, in words for them."""


def closest(prices, time):
    """The price closest to a time."""
    times = [point[0] for point in prices]
    after = bisect_left(times, time)
    candidates = prices[max(0, after - 1) : after + 1]
    return min(candidates, key=lambda point: abs(point[0] - time))[1]


def score(row):
    """Minus the mean absolute error of the means, in basis points: higher is better."""
    horizon, step = row["params"]["horizon"], row["params"]["step"]
    densities = row["distributions"]
    count = horizon // step
    if not isinstance(densities, list) or len(densities) != count:
        raise CannotScore(f"{count} densities are expected")
    # The first and the last price are those of the span that was asked for.
    end = row["prices"][-1][0]
    errors = []
    for index, density in enumerate(densities):
        time = end - (count - 1 - index) * step
        move = math.log(closest(row["prices"], time)) - math.log(
            closest(row["prices"], time - step)
        )
        try:
            errors.append(abs(float(density["params"]["loc"]) - move))
        except (KeyError, TypeError, ValueError) as error:
            raise CannotScore(f"density {index + 1} has no params.loc") from error
    return -10_000 * sum(errors) / len(errors)


def main():
    for line in sys.stdin:
        try:
            answer = {"score": score(json.loads(line))}
        except CannotScore as reason:
            answer = {"failed": str(reason)}
        # A line at a time: score-worker waits for it.
        print(json.dumps(answer, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
