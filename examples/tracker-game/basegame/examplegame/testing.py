"""Checks a participant without any server: python -m examplegame.testing models/gaussian

It plays what the coordinator does: makes one instance, ticks it with generated prices, asks for
forecasts, and looks at the answers as the coordinator's database and its scoring would.
"""

import importlib.util
import inspect
import json
import math
import pathlib
import random
import sys
import time

from .tracker import TrackerBase

# What is asked: asset, horizon, step, in seconds.
QUESTIONS = (("BTC", 10, 2), ("ETH", 3600, 60), ("SOL", 86400, 300))
# A call that takes longer is a timeout; predict.timeout of the example's game.yml.
SECONDS_MAX = 3.0
# The parameters that each density must have.
PARAMETERS = {"norm": {"loc", "scale"}, "t": {"df", "loc", "scale"}}


def generated_prices(assets, seconds=3600, step=1, end=1_767_571_200, seed=1):
    """The argument of `tick`: a random walk for each asset, a price every `step` seconds."""
    draw = random.Random(seed)
    data = {}
    for asset in assets:
        price, points = 100.0, []
        for moment in range(end - seconds, end + 1, step):
            price *= math.exp(draw.gauss(0, 1e-4))
            points.append([moment, round(price, 4)])
        data[asset] = points
    return data


def load(path):
    """The class in `path` (a folder with main.py, or that file) that extends TrackerBase."""
    path = pathlib.Path(path)
    file = path / "main.py" if path.is_dir() else path
    spec = importlib.util.spec_from_file_location(f"participant_{file.parent.name}", file)
    module = importlib.util.module_from_spec(spec)
    # Beside main.py may lie modules of its own.
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
    found = [
        value for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, TrackerBase) and value is not TrackerBase
    ]
    if len(found) != 1:
        raise AssertionError(f"{file}: one class must extend TrackerBase, found {len(found)}")
    return found[0]


def check_density(density, path="density"):
    """Raises AssertionError when a density can't be scored."""
    if not isinstance(density, dict):
        raise AssertionError(f"{path}: must be a dict, got {density!r}")
    if density.get("type") == "mixture":
        components = density.get("components")
        if not components:
            raise AssertionError(f"{path}: a mixture needs components")
        for number, part in enumerate(components):
            check_density(part["density"], f"{path}, component {number + 1}")
        return
    params = density.get("params", {})
    missing = PARAMETERS.get(density.get("name"), set()) - params.keys()
    if missing:
        raise AssertionError(f"{path}: {density.get('name')} needs {', '.join(sorted(missing))}")
    for name, value in params.items():
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise AssertionError(f"{path}: {name} must be a finite number, got {value!r}")
    if "scale" in params and params["scale"] <= 0:
        raise AssertionError(f"{path}: scale must be > 0, got {params['scale']}")


def check_answer(answer, horizon, step):
    """Raises AssertionError when an answer can't be stored or scored."""
    count = horizon // step
    if not isinstance(answer, list) or len(answer) != count:
        size = len(answer) if isinstance(answer, list) else type(answer).__name__
        raise AssertionError(f"predict must return a list of {count} densities, got {size}")
    for number, density in enumerate(answer):
        check_density(density, f"step {number + 1}")
    # What the database takes: NaN and infinities are not JSON.
    json.dumps(answer, allow_nan=False)


def check(model_class, questions=QUESTIONS, seconds_max=SECONDS_MAX):
    """Plays a short game with a participant.

    Returns the longest time that a call took, in seconds; raises AssertionError when an answer is
    wrong or late, and whatever the participant raises.
    """
    model = model_class()
    longest = 0.0

    def timed(name, *arguments):
        nonlocal longest
        start = time.monotonic()
        answer = getattr(model, name)(*arguments)
        longest = max(longest, time.monotonic() - start)
        if longest > seconds_max:
            raise AssertionError(f"{name} took {longest:.1f} s, the game allows {seconds_max} s")
        return answer

    assets = sorted({asset for asset, _, _ in questions})
    history = generated_prices(assets)
    timed("tick", history)
    for asset, horizon, step in questions:
        check_answer(timed("predict", asset, horizon, step), horizon, step)
    # Later ticks bring only what is new, and asked again it must still answer.
    timed("tick", {asset: [[points[-1][0] + 1, points[-1][1]]]
                   for asset, points in history.items()})
    for asset, horizon, step in questions:
        check_answer(timed("predict", asset, horizon, step), horizon, step)
    return longest


def main():
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m examplegame.testing FOLDER…")
    failed = False
    for path in sys.argv[1:]:
        try:
            longest = check(load(path))
            print(f"{path}: ok, the slowest call took {longest * 1000:.0f} ms")
        except Exception as error:  # Whatever a participant's code does wrong.
            failed = True
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
