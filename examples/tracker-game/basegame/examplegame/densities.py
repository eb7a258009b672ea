"""Densities as the score worker reads them: plain dicts, one for each forecast step.

The scale must be > 0 and every number finite; anything else scores as a failed prediction.
"""


def norm(loc, scale):
    """A normal density: mean `loc`, standard deviation `scale`."""
    return {"type": "builtin", "name": "norm", "params": {"loc": loc, "scale": scale}}


def t(df, loc, scale):
    """Student's t with `df` degrees of freedom, moved by `loc` and stretched by `scale`.

    Its standard deviation is scale·√(df / (df − 2)) for df > 2.
    """
    return {"type": "builtin", "name": "t", "params": {"df": df, "loc": loc, "scale": scale}}


def mixture(*components):
    """A weighted sum of densities: `mixture((norm(0, 1), 0.8), (t(3, 0, 2), 0.2))`.

    The weights needn't add up to 1. Mixtures may be nested three deep.
    """
    return {
        "type": "mixture",
        "components": [{"density": density, "weight": weight} for density, weight in components],
    }
