"""Is a prediction ever lost, and does the database ever delay a round?

`predict-worker` plays a game of many models against a scratch PostgreSQL. The server is stopped in
the middle of the load, and comes back, again and again. Afterwards every round that the worker
closed must have exactly one row for each model (the ledger), rounds must have been as punctual
without the database as with it, and what waited must have drained at a good part of the speed of a
plain `\\copy` of like rows, measured in the same game. Then the worker is killed at random moments,
again and again. Exits 1 when something doesn't hold. Run it by `make durability`.
"""

import argparse
import os
import random
import signal
import tempfile
import time

import outage
import stack
from game import ASSETS, Game

CRUNCH = "durability"


class Durability(Game):
    """A game with a ledger."""

    def ledger(self, failures, may_be_cut):
        """Every closed round has one row per model, no round has anything else, nothing twice."""
        owed = {event["round"]: int(event["models"]) for event in self.closed()}
        opened = {event["round"]: int(event["models"]) for event in self.events("round opened")}
        rows = {performed: (int(count), int(models)) for performed, count, models in
                self.database.sql("SELECT to_char(performed_at, 'YYYYMMDD_HH24MISS.MS'), count(*),"
                                  " count(DISTINCT model_id) FROM predictions GROUP BY 1")}
        for key, models in owed.items():
            if rows.get(key) != (models, models):
                failures.append(f"round {key}: {rows.get(key)} rows and models, owed are {models}")
        for key in rows.keys() - owed.keys():
            if not may_be_cut or rows[key] != (opened.get(key), opened.get(key)):
                failures.append(f"round {key}: {rows[key]}, opened with {opened.get(key)}")
        return len(owed), len(rows), sum(count for count, _ in rows.values())


def kills(game, failures):
    """SIGKILL at random moments, again and again; a last life stores what is left."""
    options, chance = game.options, random.Random(game.options.seed)
    game.database.sql("TRUNCATE predictions, updraft_rounds, updraft_failures")
    game.forget_log()
    for _ in range(options.kills):
        worker = game.worker()
        # From before the first round is open to some rounds later.
        time.sleep(chance.uniform(0.05, options.life_seconds))
        if worker.process.poll() is not None:
            failures.append(f"the worker ended by itself with {worker.process.returncode}")
        worker.stop(signal.SIGKILL)
    before = game.stored_count()
    worker = game.worker()
    stack.wait_for("the last life has stored rounds of its own", 300,
                   lambda: game.stored_count() >= before + 3)
    if worker.stop() != 0:
        failures.append("the last worker ended badly")
    owed, rounds, rows = game.ledger(failures, may_be_cut=True)
    restarted = game.database.number(
        "SELECT count(*) FROM updraft_failures WHERE detail LIKE 'RESTARTED%'")
    left = list((game.folder / "spool").glob("*.round"))
    if left:
        failures.append(f"{len(left)} segments are left in the spool")
    print(f"  {options.kills} kills: {owed} rounds closed, {rounds} stored, {rows} rows, "
          f"{restarted} of calls that a kill cut off", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--worker", required=True, metavar="PROGRAM", help="predict-worker")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--reply-bytes", type=int, default=55_000)
    parser.add_argument("--timeout", default="400ms")
    parser.add_argument("--fsync", default="interval", choices=["always", "interval", "never"])
    parser.add_argument("--cycles", type=int, default=2,
                        help="times with the database, and as many without")
    parser.add_argument("--phase-rounds", type=int, default=50, help="rounds in each of them")
    parser.add_argument("--backlog-rounds", type=int, default=105,
                        help="rounds in the last one without")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--kill-models", type=int, default=100)
    parser.add_argument("--life-seconds", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["outage", "kills"])
    return parser.parse_args()


def play(options, name, models, scenario, failures):
    print(f"\n{name}: {models} models, {options.reply_bytes} B each, fsync {options.fsync}")
    options.models = models
    fleet_options = ["--models", models, "--reply-bytes", options.reply_bytes, "--seed",
                     options.seed]
    with stack.Postgres() as database, tempfile.TemporaryDirectory() as folder, \
            stack.price_server(options.updraft, ASSETS) as prices, \
            stack.fleet(options.updraft, CRUNCH, *fleet_options) as feed:
        scenario(Durability(options, CRUNCH, database, prices, feed, folder), failures)


def main():
    options, failures = parse(), []
    print(f"{os.cpu_count()} cores, seed {options.seed}")
    if options.only != "kills":
        play(options, "times without the database", options.models, outage.outage, failures)
    if options.only != "outage":
        play(options, "killed at random", options.kill_models, kills, failures)
    for failure in failures[:20]:
        print(f"NOT MET: {failure}")
    print("FAIL" if failures else "PASS")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
