"""Random densities, good and bad, for score_parity.py."""

import json
import math

SHAPES = {
    "norm": [], "expon": [], "t": ["df"], "weibull_min": ["c"], "weibull_max": ["c"],
    "gamma": ["a"], "beta": ["a", "b"], "lognorm": ["s"], "chi": ["df"], "chi2": ["df"],
    "rayleigh": [], "pareto": ["b"], "cauchy": [], "laplace": [], "f": ["dfn", "dfd"],
}
BOTH = ("density", "crps")


class Draw:
    """Draws densities about log returns of 0.2 % or price changes of 400."""

    families = list(SHAPES)

    def __init__(self, random, method):
        self.random = random
        self.unit = 0.002 if method == "density" else 400.0

    def shape(self, family):
        """Mostly moderate; now and then so large that a gamma function overflows."""
        if family == "lognorm":
            return self.log_uniform(0.1, 2)
        if self.random.random() < 0.03:
            return self.random.uniform(150, 420)
        return self.log_uniform(0.4, 30)

    def log_uniform(self, low, high):
        return math.exp(self.random.uniform(math.log(low), math.log(high)))

    def params(self, family):
        """Parameters with most of the mass where prices move, sometimes elsewhere."""
        scale = self.unit * self.log_uniform(0.15, 8)
        location = self.unit * self.random.gauss(0, 1)
        if family in ("expon", "weibull_min", "gamma", "lognorm", "chi", "chi2", "rayleigh", "f"):
            location = -self.unit * self.random.uniform(-0.5, 4)
        elif family == "weibull_max":
            location = self.unit * self.random.uniform(-0.5, 4)
        elif family == "beta":
            scale = self.unit * self.log_uniform(1, 12)
            location = -scale * self.random.uniform(-0.1, 1.1)
        elif family == "pareto":
            location = -scale - self.unit * self.random.uniform(-1, 4)
        if self.random.random() < 0.05:
            location = 0
        if self.random.random() < 0.05:
            location *= 20
        if self.random.random() < 0.05:
            # Narrower than the grid: whether anything is left depends on where the points lie. The
            # density score keeps away from it, as there the last digit of a logarithm decides.
            scale *= 1e-3 if self.unit > 1 else 0.5
        named = {name: self.shape(family) for name in SHAPES[family]}
        return named | {"loc": location, "scale": scale}

    def builtin(self, family):
        return {"type": "builtin", "name": family, "params": self.params(family)}

    def scipy(self, family):
        """Like builtin, with defaults left out now and then."""
        params = self.params(family)
        if self.random.random() < 0.1:
            del params["loc"]
        if self.random.random() < 0.05:
            del params["scale"]
        return {"type": "scipy", "name": family, "params": params}

    def statistics(self):
        params = self.params("norm")
        if self.random.random() < 0.5:
            params = {"mu": params["loc"], "sigma": params["scale"]}
        elif self.random.random() < 0.5:
            params = {"mu": params["loc"], "sigma": params["scale"], "loc": 3, "scale": -1}
        return {"type": "statistics", "name": "normal", "params": params}

    def weight(self):
        return self.random.choice([1, -1, 1]) * self.log_uniform(1e-3, 10)

    def normals(self):
        parts = [self.builtin("norm") for _ in range(self.random.randint(1, 5))]
        return mixture([(part, self.weight()) for part in parts])

    def mixture(self, depth):
        """A mixture with mixtures inside down to `depth`."""
        parts = []
        for _ in range(self.random.randint(1, 4)):
            if depth > 1 and self.random.random() < 0.4:
                parts.append(self.mixture(depth - 1))
            else:
                kind = self.builtin if self.random.random() < 0.8 else self.scipy
                parts.append(kind(self.random.choice(self.families)))
        weights = [self.weight() if self.random.random() > 0.05 else 0 for _ in parts]
        return mixture(list(zip(parts, weights)))


def mixture(parts):
    components = [{"density": density, "weight": weight} for density, weight in parts]
    return {"type": "mixture", "components": components}


def nested(density, depth):
    for _ in range(depth):
        density = mixture([(density, 1)])
    return density


def bad_densities(draw):
    """Single densities that fail, or nearly do: (name, density, exceptions by method)."""
    norm = draw.builtin("norm")
    yield "number", 3, {}
    yield "text", "norm", {}
    yield "null", None, {}
    yield "list", [norm], {}
    yield "empty", {}, {}
    yield "no type", {"name": "norm", "params": norm["params"]}, {}
    for value in ("gaussian", None, 1, ["builtin"]):
        yield "type", norm | {"type": value}, {}
    for value in ("normal", "", None, 7, "a distribution with a very long name"):
        yield "name", norm | {"name": value}, {}
    yield "no name", {"type": "builtin", "params": norm["params"]}, {}
    for value in (None, [], [1, 2], "x", 1):
        yield "params", norm | {"params": value}, {}
    yield "no params", {"type": "builtin", "name": "norm"}, {}
    yield "extra keys", norm | {"step": 300, "time": "x", "params": norm["params"] | {"q": []}}, {}
    for family, shapes in SHAPES.items():
        good = draw.builtin(family)
        for name in shapes + ["loc", "scale"]:
            yield f"no {name}", good | {"params": without(good["params"], name)}, {}
            for value in ("1", None, {}):
                yield f"{name}: {value}", good | {"params": good["params"] | {name: value}}, {}
            why = "a list is no number, although numpy takes one of one number"
            listed = good | {"params": good["params"] | {name: [1]}}
            yield f"{name}: a list", listed, dict.fromkeys(BOTH, why)
        for name in shapes + ["scale"]:
            for value in (0, 0.0, -1, -1e-300, True, False):
                yield f"{name}: {value}", good | {"params": good["params"] | {name: value}}, {}
        for value in (1e-300, 1e-320, 1e160, 1e300):
            yield f"scale: {value}", good | {"params": good["params"] | {"scale": value}}, {}
        yield "loc: true", good | {"params": good["params"] | {"loc": True}}, {}
        yield "loc: 1e300", good | {"params": good["params"] | {"loc": -1e300}}, {}
        for name in shapes:
            for value in (400, 340, 1e5, 1e-5, 1e-310):
                yield f"{name}: {value}", good | {"params": good["params"] | {name: value}}, {}
        scipy = good | {"type": "scipy"}
        for name in shapes:
            yield "scipy, shape", scipy | {"params": without(scipy["params"], name)}, {}
        yield "scipy, unknown", scipy | {"params": scipy["params"] | {"mu": 1}}, {}
        yield "scipy, scale", scipy | {"params": scipy["params"] | {"scale": 0}}, {}
        yield "scipy, scale", scipy | {"params": scipy["params"] | {"scale": -2.5}}, {}
    yield "scipy, name", {"type": "scipy", "name": "nothing", "params": {}}, {}
    why = "scipy's other distributions are not supported"
    other = {"type": "scipy", "name": "gumbel_r", "params": {}}
    yield "scipy, other", other, dict.fromkeys(BOTH, why)
    yield "statistics, name", draw.statistics() | {"name": "norm"}, {}
    why = "a negative sigma must not be scored"
    for sigma in (0, -draw.unit):
        density = {"type": "statistics", "name": "normal", "params": {"sigma": sigma}}
        yield "statistics, sigma", density, {"crps": why}


def bad_mixtures(draw):
    """Mixtures at and beyond their rules."""
    norm, part = draw.builtin("norm"), {"density": draw.builtin("norm"), "weight": 1}
    zero = mixture([(norm, 0), (draw.builtin("t"), 0)])
    yield "no parts", mixture([]), {}
    yield "zero weights", zero, {}
    yield "zero weights inside", mixture([(zero, 1), (norm, 2)]), {}
    yield "zero weight, bad part", mixture([(norm, 1), ({"type": "x"}, 0)]), {}
    yield "zero weights, bad part", mixture([({"type": "x"}, 0)]), {}
    over = {"type": "builtin", "name": "t", "params": {"df": 400, "loc": 0, "scale": 1}}
    yield "zero weights, overflow", mixture([(over, 0)]), {}
    for value in (None, 1, [1], ["x"], [None], [[]]):
        yield "components", {"type": "mixture", "components": value}, {}
    yield "no components", {"type": "mixture"}, {}
    yield "no density", {"type": "mixture", "components": [{"weight": 1}]}, {}
    yield "no weight", {"type": "mixture", "components": [{"density": norm}]}, {}
    for value in ("1", None, [1]):
        yield "weight", {"type": "mixture", "components": [part | {"weight": value}]}, {}
    yield "weight true", {"type": "mixture", "components": [part | {"weight": True}]}, {}
    for depth in (2, 3):
        yield f"depth {depth}", nested(norm, depth), {}
    why = "the density score's limit of depth holds for CRPS, too"
    yield "depth 4", nested(norm, 4), {"crps": why}
    yield "depth 4, empty", nested(mixture([]), 3), {}
    why = "components that are no list can't be told from a mistake"
    for value in ({}, ""):
        density = {"type": "mixture", "components": value}
        yield "components that iterate", density, dict.fromkeys(BOTH, why)


def bad_inputs(draw, count):
    """(name, text, exceptions by method, the text that ours scores instead or None)"""
    good = [draw.builtin("norm") for _ in range(count)]
    for source in (bad_densities, bad_mixtures):
        for name, density, exception in source(draw):
            yield name, json.dumps([density] * count), exception, None
            yield f"{name}, once", json.dumps(good[:-1] + [density]), exception, None
    for value in (None, 3, "text", {}, {"a": 1}, [], good[:-1], good + good):
        yield "not the list", json.dumps(value), {}, None
    for text in ("", "[", "nope", "[1,]"):
        yield "no JSON", text, {}, None
    text = json.dumps(good[:-1] + [draw.builtin("t")])
    yield "NaN", text.replace('"df": ', '"df": NaN, "x": '), {}, None
    yield from documented(good)


def documented(good):
    """Where ours differs on purpose."""
    wrapped = [{"step": 300, "prediction": density} for density in good]
    why = "the wrapper of the participants' README is accepted"
    yield "wrapper", json.dumps(wrapped), dict.fromkeys(BOTH, why), json.dumps(good)
    twice = json.dumps(good).replace('"type": ', '"type": "x", "type": ')
    yield "a key twice", twice, {}, None
    texts = {
        "a lone surrogate": '"\\ud800"', "NaN beside": "NaN", "a 30-digit number": "1" * 30,
        "an overflowing number": "1e400",
    }
    for name, value in texts.items():
        text = json.dumps(good).replace('"type": ', f'"note": {value}, "type": ', 1)
        yield name, text, dict.fromkeys(BOTH, "simdjson refuses what Python's json takes"), None


def without(params, name):
    return {key: value for key, value in params.items() if key != name}
