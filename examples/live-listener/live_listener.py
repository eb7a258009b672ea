"""Follows a competition's rounds live: prints a line for each round that Updraft has stored.

    live_listener.py [--crunch ID] [CONNECTION]

CONNECTION is what libpq takes (postgresql://user@host/db); without it the environment says
(POSTGRES_HOST, … as for Updraft's programs, or libpq's PGHOST, …). It starts with the rounds that
are stored from now on, and goes on after the database was away without missing one.
"""

import argparse
import collections
import json
import os
import signal
import sys
import time

import psycopg
from psycopg.rows import dict_row

CHANNEL = "updraft_round"
# A notification is only a hint that there is something to read: the table is the truth. Without any
# it is looked at this often.
IDLE_SECONDS = 30.0
RETRY_SECONDS_MAX = 10.0
# Rounds become visible when their transaction commits, a little later than their stored_at says
# (the time of the INSERT): so much is read again each time, and what was seen is left out.
OVERLAP_SECONDS = 120
SEEN_MAX = 100_000

NEW_ROUNDS = f"""
    SELECT performed_at, shard, asset, horizon, step, success, failed, timeout, absent, wall_ms,
      latency_p50_ms, latency_p99_ms, stored_at
    FROM updraft_rounds
    WHERE stored_at >= %s - interval '{OVERLAP_SECONDS} s' ORDER BY stored_at, performed_at, shard
"""
# All parts of a round share its table of predictions; `models` names those of one part.
PREDICTIONS = """
    SELECT p.model_id, p.status, p.exec_time FROM predictions p
    JOIN updraft_rounds r ON r.performed_at = p.performed_at AND r.asset = p.asset
      AND r.horizon = p.horizon AND r.step = p.step
    WHERE p.performed_at = %s AND r.shard = %s
      AND (r.models IS NULL OR r.models->p.model_id IS NOT NULL)
    ORDER BY p.model_id
"""


def on_round(stored, predictions, told):
    """Your own work: here a line. `told` is the notification's JSON, {} for a round caught up."""
    answered = [row for row in predictions if row["status"] == "SUCCESS"]
    fastest = min(answered, key=lambda row: row["exec_time"], default=None)
    parts = [
        stored["performed_at"].isoformat(sep=" ", timespec="milliseconds"), stored["shard"],
        f"{stored['asset']} {stored['horizon']}/{stored['step']}",
        *(f"{name} {stored[name]}" for name in ("success", "failed", "timeout", "absent")),
    ]
    for name in ("p50", "p99"):
        if (millis := stored[f"latency_{name}_ms"]) is not None:
            parts.append(f"{name} {millis:.0f} ms")
    if isinstance(millis := told.get("stored_ms"), (int, float)):
        parts.append(f"stored after {millis:.0f} ms")
    parts.append(f"rows {len(predictions)}")
    if fastest:
        parts.append(f"fastest {fastest['model_id']}")
    print("  ".join(parts), flush=True)


def parsed(payload):
    """The notification's object; {} for anything else: a newer worker may say other things."""
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class Follower:
    """What was seen, across connections."""

    def __init__(self, crunch):
        self.crunch = crunch
        self.newest = None  # the newest stored_at
        self.seen = collections.OrderedDict()  # (performed_at, shard), the oldest first

    def start(self, connection):
        """The first time: what is stored already is not news."""
        if self.newest is not None:
            return self.read_new(connection, {})
        self.newest = connection.execute(
            "SELECT coalesce(max(stored_at), now() AT TIME ZONE 'UTC') AS newest"
            " FROM updraft_rounds"
        ).fetchone()["newest"]
        for stored in connection.execute(NEW_ROUNDS, [self.newest]).fetchall():
            self.note(stored)

    def read_new(self, connection, told):
        """Reads the rounds that were not seen yet; `told` is {round id: notification}."""
        for stored in connection.execute(NEW_ROUNDS, [self.newest]).fetchall():
            if (stored["performed_at"], stored["shard"]) in self.seen:
                continue
            predictions = connection.execute(
                PREDICTIONS, [stored["performed_at"], stored["shard"]]).fetchall()
            millis = stored["performed_at"].microsecond // 1000
            name = f"{stored['performed_at']:%Y%m%d_%H%M%S}.{millis:03d}"
            on_round(stored, predictions, told.get((name, stored["shard"]), {}))
            self.note(stored)

    def note(self, stored):
        self.newest = max(self.newest, stored["stored_at"])
        self.seen[stored["performed_at"], stored["shard"]] = True
        while len(self.seen) > SEEN_MAX:
            self.seen.popitem(last=False)

    def follow(self, connection):
        """Until the connection breaks."""
        # LISTEN first: what is stored between the two is read now and told again.
        connection.execute(f"LISTEN {CHANNEL}")
        self.start(connection)
        print("listening", file=sys.stderr, flush=True)
        while True:
            told = {}
            # After the first notification take those that are there, too: one read for all of them.
            for notification in connection.notifies(timeout=IDLE_SECONDS, stop_after=1):
                told = self.take(notification, told)
            for notification in connection.notifies(timeout=0):
                told = self.take(notification, told)
            self.read_new(connection, told)

    def take(self, notification, told):
        said = parsed(notification.payload)
        if self.crunch is None or said.get("crunch", self.crunch) == self.crunch:
            told[said.get("round"), said.get("shard", "1/1")] = said
        return told


def connection_text(given):
    if given:
        return given
    names = {"host": "POSTGRES_HOST", "port": "POSTGRES_PORT", "user": "POSTGRES_USER",
             "password": "POSTGRES_PASSWORD", "dbname": "POSTGRES_DB"}
    parts = {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
    return psycopg.conninfo.make_conninfo(**parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("connection", nargs="?", help="what libpq takes; default: the environment")
    parser.add_argument("--crunch", help="leave out notifications of other competitions")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    follower, pause = Follower(options.crunch), 0.1
    while True:
        try:
            with psycopg.connect(
                connection_text(options.connection), autocommit=True, row_factory=dict_row,
                connect_timeout=5, application_name="live-listener", keepalives_idle=15,
                keepalives_interval=5, keepalives_count=3,
            ) as connection:
                pause = 0.1
                follower.follow(connection)
        except psycopg.OperationalError as error:
            reason = str(error).splitlines()[0]
            print(f"the database is away ({reason}); again in {pause:.1f} s",
                  file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(pause * 2, RETRY_SECONDS_MAX)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
