"""From a new price to answers that can't be lost any more, with the real `predict-worker`.

`updraft price-server` has a new price every second, the worker asks for it, sends the tick and asks
simulated models that answer at once, and keeps their answers in its spool and in a scratch
PostgreSQL. All times are the worker's own, from its log:

- *new price*: its price thread has read the answer that brought it (`since_price_ms`, to the
  round's opening)
- *last answer*: the round is closed, which follows its last answer (`wall_ms`, from its opening)
- *kept*: the spool has all of the round (`kept_ms`), *committed*: so has the database
  (`latency_ms`); both from the round's closing

Exits 1 when a bound is missed; bounds are for answers of 55 KB and `fsync: interval`. Run it by
`make bench-end-to-end`.
"""

import argparse
import json
import os
import tempfile

import stack
from game import ASSETS, Game

CRUNCH = "bench"
WARM_UP_ROUNDS = 5
# Models -> way -> share of rounds -> ms.
BOUNDS = {1000: {"last answer -> kept": {0.5: 50, 0.99: 100}, "new price -> kept": {0.5: 150}},
          20: {"new price -> kept": {0.5: 5}}}
SHARES = {"p50": 0.5, "p99": 0.99, "max": 1}


def times(closed, stored):
    """The rounds' times by what they are, ms."""
    ways = {"new price -> last answer": [], "last answer -> kept": [], "new price -> kept": [],
            "last answer -> committed": []}
    for key, begin in closed.items():
        end = stored[key]
        answered = float(begin["since_price_ms"]) + float(begin["wall_ms"])
        ways["new price -> last answer"].append(answered)
        ways["last answer -> kept"].append(float(end["kept_ms"]))
        ways["new price -> kept"].append(answered + float(end["kept_ms"]))
        ways["last answer -> committed"].append(float(end["latency_ms"]))
    return ways


def measure(options, models):
    """Plays the rounds; the result, ready to be printed as JSON."""
    fleet_options = ["--models", models, "--reply-bytes", options.reply_bytes, "--seed",
                     options.seed]
    with stack.Postgres() as database, tempfile.TemporaryDirectory() as folder, \
            stack.price_server(options.updraft, ASSETS) as prices, \
            stack.fleet(options.updraft, CRUNCH, *fleet_options) as feed:
        # As often as there are new prices, so that each round follows one.
        game = Game(options, CRUNCH, database, prices, feed, folder, tick="1s")
        worker = game.worker()
        try:
            count = WARM_UP_ROUNDS + options.rounds
            stack.wait_for(f"{count} rounds are stored", 60 + 5 * count,
                           lambda: len(game.events("round stored")) > count, pause=0.5)
            if worker.stop() != 0:
                raise SystemExit("the worker ended badly")
        finally:
            worker.stop(9)
        stored = {event["round"]: event for event in game.events("round stored")}
        closed = {event["round"]: event
                  for event in game.closed()[WARM_UP_ROUNDS:WARM_UP_ROUNDS + options.rounds]}
    whole = sum(1 for event in closed.values() if int(event["success"]) == models)
    if whole < len(closed):
        raise SystemExit(f"only {whole} of {len(closed)} rounds had {models} answers")
    ways = {way: {name: round(stack.percentile(values, share), 1)
                  for name, share in SHARES.items()}
            for way, values in times(closed, stored).items()}
    return {"models": models, "reply_bytes": options.reply_bytes, "rounds": len(closed),
            "fsync": options.fsync, "seed": options.seed, "cores": os.cpu_count(), "ms": ways}


def missed(result):
    """The bounds that a result is beyond, in words."""
    names = {share: name for name, share in SHARES.items()}
    for way, shares in BOUNDS.get(result["models"], {}).items():
        for share, bound in shares.items():
            seen = result["ms"][way][names[share]]
            if seen > bound:
                yield f"{result['models']} models, {way}: {names[share]} {seen} ms > {bound} ms"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--worker", required=True, metavar="PROGRAM", help="predict-worker")
    parser.add_argument("--models", type=int, nargs="+", default=[1000, 20])
    parser.add_argument("--reply-bytes", type=int, default=55_000)
    parser.add_argument("--rounds", type=int, default=100,
                        help=f"after {WARM_UP_ROUNDS} that warm up; one a second")
    parser.add_argument("--timeout", default="900ms")
    parser.add_argument("--fsync", default="interval", choices=["always", "interval", "never"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object a line")
    return parser.parse_args()


def main():
    options, failures = parse(), []
    for models in options.models:
        result = measure(options, models)
        failures += missed(result)
        if options.json:
            print(json.dumps(result), flush=True)
            continue
        print(f"{models} models, {options.reply_bytes} B each, {result['rounds']} rounds, fsync "
              f"{options.fsync}, seed {options.seed}, {os.cpu_count()} cores")
        print(f"  {'ms':<26} {'p50':>7} {'p99':>7} {'max':>7}")
        for way, figures in result["ms"].items():
            print(f"  {way:<26}" + "".join(f" {figures[name]:>7.1f}" for name in SHARES),
                  flush=True)
    for failure in failures:
        print(f"NOT MET: {failure}")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
