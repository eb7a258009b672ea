"""The database goes away in the middle of the load, comes back, and what waited is stored.

Times with and without the database alternate, so that a machine that drifts does so in both.
Between them everything that waited is stored, so that each begins in the same state. The last
time without is the longest: its backlog's way into the table is compared with psql's binary
`\\copy` of as many rows of the same kind into the same table, while the same game goes on.
"""

import datetime
import subprocess
import time

import stack

# Rounds in the file that psql copies: 550 MB of 1000 models' answers.
COPY_ROUNDS = 10
COPY_RUNS = 3
# Rounds after a backlog is stored that are not counted: the server writes its checkpoint.
SETTLING_ROUNDS = 3


def moment(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


class Phase:
    """Rounds under one condition, and what the worker's threads used meanwhile."""

    def __init__(self, name):
        self.name, self.walls, self.used, self.parts = name, [], [0.0, 0.0, 0], []

    def play(self, game, worker, rounds):
        """Lets so many more rounds close; their walls and the worker's time are added."""
        first, before, machine = len(game.closed()), worker.used(), stack.core_seconds()
        stack.wait_for(f"{rounds} rounds {self.name}", 60 + 10 * rounds,
                       lambda: len(game.closed()) >= first + rounds, pause=0.5)
        self.used = [sum(parts) for parts in
                     zip(self.used, (now - then for now, then in zip(worker.used(), before)))]
        part = walls(game.closed()[first:])
        busy, idle = (now - then for now, then in zip(stack.core_seconds(), machine))
        self.parts.append(f"p50 {stack.percentile(part, 0.5):.0f} p95 "
                          f"{stack.percentile(part, 0.95):.0f} (cores {busy / (busy + idle):.0%} "
                          "busy)")
        self.walls += part

    def share(self, share):
        return stack.percentile(self.walls, share)

    def __str__(self):
        count = len(self.walls)
        cpu, waited, faults = (part / count for part in self.used)
        return (f"  {self.name:<18} {count:>4} rounds, wall p50 {self.share(0.5):.0f} ms, "
                f"p95 {self.share(0.95):.0f}, p99 {self.share(0.99):.0f}, "
                f"max {max(self.walls):.0f}; the worker a round: CPU {cpu * 1e3:.0f} ms, "
                f"{waited * 1e3:.0f} ms ready without a core, {faults:.0f} page faults\n"
                f"  {'':<18} each time: {', '.join(self.parts)}")


def walls(events):
    return [float(event["wall_ms"]) for event in events]


class Drain:
    """How a backlog was stored, by the moments of the worker's log."""

    def __init__(self, game, stored_before):
        stored = [moment(event) for event in game.events("round stored")]
        closed = [moment(event) for event in game.closed()]
        self.waiting = sum(1 for at in closed if at < stored[stored_before]) - stored_before
        first = last = stored_before
        while sum(1 for at in closed if at < stored[last]) - last > 1:
            last += 1
        during = [at for at in closed if stored[first] < at <= stored[last]]
        self.rounds, self.new = last - first, len(during)
        self.began_at, self.seconds = stored[first], stored[last] - stored[first]
        self.walls = [float(event["wall_ms"]) for event in game.closed()
                      if stored[first] < moment(event) <= stored[last]]

    def rate(self, models):
        """Rows a second by which the backlog shrank: those of new rounds are not counted."""
        return (self.rounds - self.new) * models / self.seconds


def is_stored(game):
    return len(game.closed()) - len(game.events("round stored")) <= 1


def settle(game):
    stack.wait_for("the backlog is stored", 900, lambda: is_stored(game), pause=0.2)
    count = len(game.closed()) + SETTLING_ROUNDS
    stack.wait_for("rounds go on", 60, lambda: len(game.closed()) >= count, pause=0.2)


def go_away(game, worker, away, rounds):
    """Stops the server for so many rounds; how long the worker took to notice its return."""
    game.database.stop("immediate")
    # The round that was open then belongs to neither.
    count = len(game.closed()) + 1
    stack.wait_for("a round closes", 60, lambda: len(game.closed()) > count, pause=0.1)
    away.play(game, worker, rounds)
    stored_before = len(game.events("round stored"))
    game.database.start()
    returned_at = time.time()
    settle(game)
    drain = Drain(game, stored_before)
    return drain, drain.began_at - returned_at


def copy_rates(game):
    """Rows a second of psql's binary `\\copy` of the game's rows into the same table, each time as
    other rounds of another hour, while the game goes on."""
    database, file = game.database, game.folder / "rows.bin"
    psql = [database.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", database.folder,
            "-U", "updraft", "-d", "game", "-c"]
    rows, rates = COPY_ROUNDS * game.options.models, []
    columns = "model_id, asset, horizon, step, status, exec_time, distributions"
    for run in range(1, COPY_RUNS + 1):
        query = (f"SELECT id || '_copy{run}', {columns}, performed_at - interval '{run} hours', "
                 f"resolvable_at - interval '{run} hours' FROM predictions "
                 f"WHERE id NOT LIKE '%\\_copy_' LIMIT {rows}")
        subprocess.run([*psql, f"\\copy ({query}) TO '{file}' (FORMAT binary)"], check=True)
        settle(game)
        start = time.monotonic()
        subprocess.run(
            [*psql, f"\\copy predictions (id, {columns}, performed_at, resolvable_at) "
                    f"FROM '{file}' (FORMAT binary)"], check=True)
        rates.append(rows / (time.monotonic() - start))
    file.unlink()
    settle(game)
    database.sql("DELETE FROM predictions WHERE id LIKE '%\\_copy_'")
    return rates


def outage(game, failures):
    """Plays the whole of it and prints what was seen."""
    options = game.options
    normal, away = Phase("with the database"), Phase("without it")
    drains = []
    worker = game.worker()
    try:
        stack.wait_for("rounds are stored", 120,
                       lambda: len(game.events("round stored")) >= 5, pause=0.2)
        for cycle in range(options.cycles):
            settle(game)
            normal.play(game, worker, options.phase_rounds)
            is_last = cycle == options.cycles - 1
            rounds = options.backlog_rounds if is_last else options.phase_rounds
            drains.append(go_away(game, worker, away, rounds))
        rates = copy_rates(game)
        status = worker.stop()
    finally:
        worker.stop(9)
    if status != 0:
        failures.append(f"the worker ended with {status}")
    tell(game, normal, away, drains, rates, failures)


def tell(game, normal, away, drains, rates, failures):
    owed, rounds, rows = game.ledger(failures, may_be_cut=False)
    print(normal, away, sep="\n")
    print(f"  p95 {away.share(0.95) / normal.share(0.95) - 1:+.0%}, "
          f"p99 {away.share(0.99) / normal.share(0.99) - 1:+.0%} without it")
    for drain, noticed in drains:
        rate = drain.rate(game.options.models)
        print(f"  drained            {drain.waiting} rounds had waited, gone in "
              f"{drain.seconds:.1f} s with {drain.new} new ones: {rate:.0f} rows/s; begun "
              f"{noticed:.1f} s after the server was back; "
              f"new rounds' wall p50 {stack.percentile(drain.walls, 0.5):.0f} ms")
    plain = stack.percentile(rates, 0.5)
    share = drains[-1][0].rate(game.options.models) / plain
    print(f"  plain \\copy        {plain:.0f} rows/s beside the same game "
          f"({min(rates):.0f} to {max(rates):.0f}): the last backlog drained at {share:.0%} of it")
    print(f"  ledger             {owed} rounds closed, {rounds} stored, {rows} rows", flush=True)
    if away.share(0.99) > 1.1 * normal.share(0.99):
        failures.append("p99 of the rounds is more than 10 % later without the database")
    if share < 0.7:
        failures.append("the backlog drained at less than 70 % of plain COPY")
    if drains[-1][0].waiting < 0.9 * game.options.backlog_rounds:
        failures.append(f"only {drains[-1][0].waiting} rounds waited: the load was not kept up")
