"""Is a prediction ever lost, and does the database ever delay a round?

`predict-worker` plays a game of many models against a scratch PostgreSQL. Then the server is
stopped for a minute in the middle of the load, and comes back. Afterwards every round that the
worker closed must have exactly one row for each model (the ledger), rounds must have been as
punctual without the database as with it, and what waited must have drained at a good part of the
speed of a plain `\\copy` of the same rows, measured in the same run. Then the worker is killed at
random moments, again and again. Exits 1 when something doesn't hold. Run it by `make durability`.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import stack

CRUNCH = "durability"
ASSETS = ["BTC", "ETH"]
STEPS = 288


class Game:
    """A folder with a game's configuration, its database, and the worker that plays it."""

    def __init__(self, options, database, prices, feed, folder):
        self.options, self.database, self.folder = options, database, pathlib.Path(folder)
        self.log = self.folder / "worker.log"
        self.variables = {**database.variables}
        (self.folder / "game.yml").write_text("\n".join([
            f"crunch_id: {CRUNCH}",
            f"orchestrator: {{host: 127.0.0.1, port: {feed}}}",
            f"prices: {{source: http, url: '{prices}', resolution: 1s, history: 10m, timeout: 5s}}",
            f"predict: {{tick: 250ms, timeout: {options.timeout}, report_failures: false}}",
            f"spool: {{dir: '{self.folder}/spool', fsync: {options.fsync}, bytes_max: 16GiB}}",
            "log: {level: debug, format: json}", ""]))
        self.tool("init-db")
        database.sql("DELETE FROM prediction_configs")
        for asset in ASSETS:
            self.tool("configs", "add", asset, "--horizon", str(STEPS * 60), "--step", "60",
                      "--interval", "1")

    def tool(self, *words):
        stack.run([self.options.updraft, *words], self.variables)

    def worker(self):
        return stack.Program([self.options.worker, "--config", self.folder / "game.yml"],
                             self.variables, self.log)

    def events(self, message):
        """The worker's log lines with this message, oldest first."""
        found = []
        with self.log.open(errors="replace") as lines:
            for line in lines:
                if message not in line:
                    continue
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # cut off by a kill
                if event.get("message") == message:
                    found.append(event)
        return found

    def closed(self):
        return self.events("round closed")

    def stored_count(self):
        return self.database.number("SELECT count(*) FROM updraft_rounds")

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


def copy_rate(game):
    """Rows a second of psql's binary `\\copy` of rows like those of the game, into a like table."""
    database, file = game.database, game.folder / "rows.bin"
    query = ("SELECT * FROM predictions WHERE status = 'SUCCESS' ORDER BY performed_at "
             f"LIMIT {5 * game.options.models}")
    psql = [database.bin / "psql", "-X", "-q", "-h", database.folder, "-U", "updraft", "-d", "game"]
    subprocess.run([*psql, "-c", f"\\copy ({query}) TO '{file}' (FORMAT binary)"], check=True)
    rates = []
    for _ in range(3):
        database.sql("DROP TABLE IF EXISTS plain; "
                     "CREATE TABLE plain (LIKE predictions INCLUDING ALL)")
        start = time.monotonic()
        subprocess.run([*psql, "-c", f"\\copy plain FROM '{file}' (FORMAT binary)"], check=True)
        rates.append(database.number("SELECT count(*) FROM plain") / (time.monotonic() - start))
    file.unlink()
    database.sql("DROP TABLE plain")
    return stack.percentile(rates, 0.5)


def walls(events):
    return [float(event["wall_ms"]) for event in events]


def outage(game, failures):
    """The server is away for a while in the middle of the load."""
    options, database = game.options, game.database
    worker = game.worker()
    try:
        stack.wait_for("rounds are stored", 120, lambda: game.stored_count() >= 5)
        first = len(game.closed())
        time.sleep(options.normal_seconds)
        normal = game.closed()[first:]
        database.stop("immediate")
        away_from = len(game.closed())
        time.sleep(options.away_seconds)
        away = game.closed()[away_from + 1:]
        database.start()
        stored_before = game.stored_count()
        waiting = len(game.closed()) - stored_before
        returned_at = time.monotonic()
        # The worker notices the server within its longest pause between two tries.
        stack.wait_for("the worker stores again", 60,
                       lambda: game.stored_count() > stored_before, pause=0.02)
        back_at, stored_before = time.monotonic(), game.stored_count()
        stack.wait_for("the backlog is stored", 900,
                       lambda: len(game.closed()) - game.stored_count() <= 1, pause=0.2)
        seconds = time.monotonic() - back_at
        drained = game.stored_count() - stored_before
        status = worker.stop()
    finally:
        worker.stop(signal.SIGKILL)
    if status != 0:
        failures.append(f"the worker ended with {status}")
    owed, rounds, rows = game.ledger(failures, may_be_cut=False)
    plain, rate = copy_rate(game), drained * options.models / seconds
    for name, part in (("with the database", normal), ("without it", away)):
        p50, p99 = (stack.percentile(walls(part), share) for share in (0.5, 0.99))
        print(f"  {name:<18} {len(part):>4} rounds, wall p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
              f"max {max(walls(part)):.0f} ms")
    print(f"  noticed            {back_at - returned_at:.1f} s after the server was back\n"
          f"  drained            {drained} rounds ({waiting} had waited) in {seconds:.1f} s: "
          f"{rate:.0f} rows/s, plain \\copy {plain:.0f} rows/s: {rate / plain:.0%}")
    print(f"  ledger             {owed} rounds closed, {rounds} stored, {rows} rows", flush=True)
    if stack.percentile(walls(away), 0.99) > 1.1 * stack.percentile(walls(normal), 0.99) + 5:
        failures.append("rounds were late while the database was away")
    if rate < 0.7 * plain:
        failures.append("the backlog drained at less than 70 % of plain COPY")
    if waiting < options.away_seconds:
        failures.append(f"only {waiting} rounds waited: the load was not kept up")


def kills(game, failures):
    """SIGKILL at random moments, again and again; a last life stores what is left."""
    options, chance = game.options, random.Random(game.options.seed)
    game.database.sql("TRUNCATE predictions, updraft_rounds, updraft_failures")
    game.log.write_text("")
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
    parser.add_argument("--normal-seconds", type=float, default=30)
    parser.add_argument("--away-seconds", type=float, default=60)
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
        scenario(Game(options, database, prices, feed, folder), failures)


def main():
    options, failures = parse(), []
    print(f"{os.cpu_count()} cores, seed {options.seed}")
    if options.only != "kills":
        play(options, "a minute without the database", options.models, outage, failures)
    if options.only != "outage":
        play(options, "killed at random", options.kill_models, kills, failures)
    for failure in failures[:20]:
        print(f"NOT MET: {failure}")
    print("FAIL" if failures else "PASS")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
