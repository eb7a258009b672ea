"""The ledger of a real game: is every answer that a round owes in exactly one row?

`predict-worker` plays against one `updraft fleet` in which a share of the models has each fault,
and stores into a PostgreSQL of its own, which ends the worker's session in a COPY now and then.
Afterwards three accounts are joined: what the worker's log says of each round when it closed, what
`updraft_rounds` says of each of its models, and the rows of `predictions`. Every key (round, model,
params) must have one row, with the status that both say, and every healthy model a SUCCESS in every
round. `make chaos` runs it (LEDGER_ARGS="--models 200"); exits 1 when something doesn't hold.
"""

import argparse
import collections
import json
import pathlib
import re
import tempfile
import time

import chaos
import stack

FAULTS = ["fail", "hang", "nan", "reset", "garbage", "oversize", "refuse", "flap", "setup-hang"]
# Those that no round ever asks, for they never were set up.
NEVER_JOINED = ["refuse", "setup-hang"]
STATUSES = ["success", "failed", "timeout", "absent"]
CONFIGS = [("BTC", 600, 60), ("ETH", 600, 60), ("XAU", 300, 60)]
TICK_SECONDS = 1
TIMEOUT_MILLIS = 500
CUT_EVERY_ROUNDS = 6
ROUND_SECONDS_MAX = 10

# What each row of `predictions` must find in its round, and each entry of a round in a row.
JOINED = """
WITH owed AS (
  SELECT r.performed_at, r.asset, r.horizon, r.step, m.key AS model_id, m.value->>0 AS status
  FROM updraft_rounds r, json_each(r.models) m)
SELECT coalesce(o.performed_at, p.performed_at), coalesce(o.model_id, p.model_id),
  coalesce(o.status, 'not owed'), coalesce(p.status, 'no row')
FROM owed o FULL JOIN predictions p USING (performed_at, asset, horizon, step, model_id)
WHERE o.status IS DISTINCT FROM p.status LIMIT 20
"""
DOUBLED = """
SELECT performed_at, model_id, count(*) FROM predictions
GROUP BY performed_at, model_id, asset, horizon, step HAVING count(*) > 1 LIMIT 20
"""
ROUNDS = """
SELECT to_char(performed_at, 'YYYYMMDD_HH24MISS.MS'), asset, count(*),
  count(*) FILTER (WHERE status = 'SUCCESS'), count(*) FILTER (WHERE status = 'FAILED'),
  count(*) FILTER (WHERE status = 'TIMEOUT'), count(*) FILTER (WHERE status = 'ABSENT')
FROM predictions GROUP BY performed_at, asset
"""
# Ends a session in the middle of a COPY, within 3 s; gives how many.
CUT = """
CREATE FUNCTION cut_a_copy() RETURNS int LANGUAGE plpgsql AS $$
DECLARE found_count int;
BEGIN
  FOR turn IN 1..3000 LOOP
    SELECT count(pg_terminate_backend(pid)) INTO found_count FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND state = 'active' AND query LIKE 'COPY %';
    IF found_count > 0 THEN RETURN found_count; END IF;
    PERFORM pg_stat_clear_snapshot(), pg_sleep(0.001);
  END LOOP;
  RETURN 0;
END $$
"""


def prepare(options, server):
    """Makes the tables, and asks for each asset in turn, a round a tick."""
    stack.run([options.updraft, "init-db"], server.variables)
    server.sql(CUT)
    server.sql("DELETE FROM prediction_configs")
    for number, (asset, horizon, step) in enumerate(CONFIGS):
        server.sql(
            "INSERT INTO prediction_configs VALUES "
            f"('CFG_{number}', '{asset}', {horizon}, {step}, {TICK_SECONDS}, true, {number})")


def events(path):
    """The whole lines of a log so far."""
    lines = path.read_text(errors="replace").split("\n")[:-1]
    return [json.loads(line) for line in lines if line.startswith("{")]


def closed(log):
    return [event for event in log if event["message"] == "round closed"]


def play(options, policy, server, folder):
    """Lets the worker play its rounds; gives its log, and how often a COPY of it was cut."""
    shares = [word for fault in FAULTS for word in (f"--{fault}-fraction", str(options.share))]
    path = folder / "worker.log"
    assets = [asset for asset, _, _ in CONFIGS]
    with stack.price_server(options.updraft, assets) as address, \
            chaos.fleet(options, *shares) as port:
        game = folder / "game.yml"
        game.write_text(f"""
crunch_id: {chaos.CRUNCH}
orchestrator: {{host: 127.0.0.1, port: {port}}}
prices: {{source: http, url: "{address}", resolution: 1s, history: 10m, timeout: 5s}}
predict: {{tick: {TICK_SECONDS}s, timeout: {TIMEOUT_MILLIS}ms, breaker: {policy},
  report_failures: false}}
""")
        command = [options.predict_worker, "--config", game, "--log-format", "json"]
        with stack.running(command, server.variables, path) as worker:
            cut_count = watch(options, worker, server, path)
            status = worker.stop()
    if status != 0:
        raise SystemExit(f"ledger: the worker ended with {status}:\n{path.read_text()[-3000:]}")
    return events(path), cut_count


def watch(options, worker, server, path):
    """Waits for the rounds, and cuts a COPY now and then; gives how many."""
    cut_count = 0
    deadline = time.monotonic() + stack.START_SECONDS_MAX + options.rounds * ROUND_SECONDS_MAX
    cut_at = CUT_EVERY_ROUNDS
    while (count := len(closed(events(path)))) < options.rounds:
        if worker.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"ledger: only {count} rounds:\n{path.read_text()[-3000:]}")
        if count >= cut_at:
            cut_count += server.number("SELECT cut_a_copy()")
            cut_at += CUT_EVERY_ROUNDS
        time.sleep(0.1)
    return cut_count


def judge(options, server, log):
    """What doesn't hold, a line each."""
    failures = [f"round {time}: {model} owes {owed}, stored is {stored}"
                for time, model, owed, stored in server.sql(JOINED)]
    failures += [f"round {time}: {model} has {count} rows"
                 for time, model, count in server.sql(DOUBLED)]
    refused = collections.Counter(
        event["performed_at"] for event in log if event["message"] == "answer refused")
    stored = {row[0]: (row[1], [int(number) for number in row[2:]]) for row in server.sql(ROUNDS)}
    per_fault = int(options.share * options.models + 1e-9)
    known = options.models - per_fault * len(NEVER_JOINED)
    healthy = options.models - per_fault * len(FAULTS)
    rounds = closed(log)
    for event in rounds:
        asset, (rows, *counts) = stored.pop(event["round"], ("no asset", [0] * 5))
        told = [int(event[status]) for status in STATUSES]
        # A model's answer in time is a success of its call until storage looks at it.
        moved = refused[iso(event["round"])]
        told[0], told[1] = told[0] - moved, told[1] + moved
        models = int(event["models"])
        if (asset, rows, counts) != (event["asset"], models, told):
            failures.append(f"round {event['round']}: the log says {event['asset']} {told}, "
                            f"stored is {asset} {counts}")
        if counts[0] < healthy:
            failures.append(f"round {event['round']}: {counts[0]} successes of {healthy}")
        if models != known:
            failures.append(f"round {event['round']}: {models} models of {known}")
    failures += [f"round {time}: stored, but never closed" for time in stored]
    if sum(refused.values()) == 0 or server.number("SELECT count(*) FROM models") != known:
        failures.append("the faults did not take place as planned")
    return failures


def iso(compact):
    """`2026-11-22T11:01:54.820000` of `20261122_110154.820`; a fraction of zero is left out."""
    text = re.sub(r"(....)(..)(..)_(..)(..)(..)", r"\1-\2-\3T\4:\5:\6", compact) + "000"
    return text.removesuffix(".000000")


def report(policy, server, log, cut_count, failures):
    rows = server.number("SELECT count(*) FROM predictions")
    statuses = ", ".join(f"{count} {status}" for status, count in server.sql(
        "SELECT status, count(*) FROM predictions GROUP BY 1 ORDER BY 1"))
    print(f"ledger, policy {policy}: {len(closed(log))} rounds, {rows} rows ({statuses}); "
          f"{cut_count} times cut in a COPY; {len(failures)} faults", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--predict-worker", required=True, metavar="PROGRAM")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=30, help="under each policy")
    parser.add_argument("--share", type=float, default=0.03, help="of each fault")
    parser.add_argument("--reply-bytes", type=int, default=2_000)
    parser.add_argument("--policy", action="append", choices=["fair", "compatible"])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    met = True
    for policy in options.policy or ["fair", "compatible"]:
        with tempfile.TemporaryDirectory() as folder, stack.Postgres() as server:
            prepare(options, server)
            log, cut_count = play(options, policy, server, pathlib.Path(folder))
            failures = judge(options, server, log)
            if cut_count == 0:
                failures.append("no COPY was cut")
            report(policy, server, log, cut_count, failures)
            for failure in failures[:20]:
                print(f"NOT MET: {failure}")
            met = met and not failures
    print("PASS" if met else "FAIL")
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
