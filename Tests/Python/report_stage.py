"""The stage of the report's tests and benchmark: a scratch PostgreSQL, a game in it, the worker."""

import contextlib
import datetime
import glob
import http.client
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg

NOW = datetime.datetime(2026, 11, 22, 11, 1, 54, 820462)

CONDOR_TABLES = """
CREATE TABLE models (crunch_identifier varchar PRIMARY KEY, name varchar NOT NULL,
  deployment_identifier varchar NOT NULL, player_crunch_identifier varchar NOT NULL,
  player_name varchar NOT NULL, overall_score_recent float8, overall_score_steady float8,
  overall_score_anchor float8, scores_by_param json);
CREATE TABLE predictions (id varchar PRIMARY KEY,
  model_id varchar NOT NULL REFERENCES models, asset varchar NOT NULL, horizon int NOT NULL,
  step int NOT NULL, status varchar NOT NULL, exec_time float8 NOT NULL, distributions json,
  performed_at {time} NOT NULL, resolvable_at {time} NOT NULL, score_value float8,
  score_success bool, score_failed_reason varchar, score_scored_at {time});
CREATE INDEX ix_predictions_model_id ON predictions (model_id);
CREATE INDEX ix_predictions_performed_at ON predictions (performed_at);
CREATE INDEX ix_predictions_score_scored_at ON predictions (score_scored_at);
CREATE TABLE model_score_snapshots (id varchar PRIMARY KEY, overall_score_recent float8,
  overall_score_steady float8, overall_score_anchor float8, scores_by_param json,
  model_id varchar NOT NULL REFERENCES models, performed_at {time} NOT NULL);
CREATE INDEX ix_model_score_snapshots_performed_at ON model_score_snapshots (performed_at);
CREATE TABLE leaderboards (id varchar PRIMARY KEY, created_at {time} NOT NULL, entries json);
CREATE INDEX ix_leaderboards_created_at ON leaderboards (created_at);
"""

OWN_TABLES = """
CREATE TABLE updraft_rounds (performed_at {time} NOT NULL, shard varchar NOT NULL,
  asset varchar NOT NULL, horizon int NOT NULL, step int NOT NULL, wall_ms float8 NOT NULL,
  success int NOT NULL, failed int NOT NULL, timeout int NOT NULL, absent int NOT NULL,
  stored_at {time} NOT NULL, sent int, skipped int, late_ms float8, answer_bytes bigint,
  latency_p50_ms float8, latency_p90_ms float8, latency_p99_ms float8, latency_max_ms float8,
  latency_buckets int[], breakers_closed int, breakers_open int, breakers_half_open int,
  panic varchar, market_closed bool, models json, PRIMARY KEY (performed_at, shard));
CREATE TABLE updraft_failures (prediction_id varchar PRIMARY KEY, detail varchar NOT NULL);
"""

BUCKET_COUNT = 19


def wait_for(condition, seconds, what):
    """Asks again until the condition holds; its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds} s")
        time.sleep(0.02)


def free_port():
    """A port below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Postgres:
    """A server of its own in a temporary folder, run by an unprivileged user."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="updraft-report-")
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"))
        self.account = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "updraft", "-A", "trust", "-E",
                 "UTF8", "--locale=C", "-N")
        self.process = None
        self.start()

    def run(self, program, *arguments):
        subprocess.run([f"{self.bin}/{program}", *arguments], check=True, cwd=self.folder,
                       stdout=subprocess.DEVNULL, **self.account)

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = self.open(log)
        wait_for(self.answers, 30, "PostgreSQL")

    def open(self, log):
        return subprocess.Popen(
            [f"{self.bin}/postgres", "-D", f"{self.folder}/data", "-k", self.folder,
             "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log, **self.account)

    def answers(self):
        with contextlib.suppress(psycopg.OperationalError), self.connect("postgres"):
            return True

    def connect(self, database):
        return psycopg.connect(host=self.folder, user="updraft", dbname=database, autocommit=True)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, name, kind="timestamp", own=True):
        """Makes a database with Condor's tables and, if wanted, Updraft's."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with self.connect(name) as connection:
            connection.execute(CONDOR_TABLES.format(time=kind) + (
                OWN_TABLES.format(time=kind) if own else ""))
        return name


def fill(connection, models=12, now=NOW, rounds=30, own=True, seed=1):
    """Writes a small game: every shape that the API has to tell."""
    rng = random.Random(seed)
    ids = [str(9_000 + index) for index in range(models)]
    with connection.transaction(), connection.cursor() as cursor:
        for index, model in enumerate(ids):
            cursor.execute(
                "INSERT INTO models VALUES (%s, %s, %s, %s, %s, null, null, null, '[]')",
                (model, f"model-{index} é\"<b>", f"{model}_20261122", f"c{index}",
                 f"Crunch {index}"))
        leaderboards(cursor, ids, now, rng)
        for turn in range(4):
            at = now - datetime.timedelta(minutes=15 * turn, microseconds=turn * 820462 % 1_000_000)
            for index, model in enumerate(ids):
                params = [{"param": {"asset": asset, "horizon": 3600, "step": 60},
                           "score": {"recent": rng.random(), "steady": 1e-7, "anchor": None}}
                          for asset in ("BTC", "ETH")]
                score = float("nan") if index == 3 else float("inf") if index == 4 else rng.random()
                cursor.execute(
                    "INSERT INTO model_score_snapshots VALUES (%s, %s, %s, null, %s, %s, %s)",
                    (f"SNP_M{model}_{turn}", score, rng.random() * 1e9, json.dumps(params), model,
                     at))
        predictions(cursor, ids, now, rounds, own, rng)
    return ids


def leaderboards(cursor, ids, now, rng):
    for days in (3, 2, 0):
        order = ids[:]
        rng.shuffle(order)
        entries = [{"rank": rank + 1, "model_id": model, "model_name": f"model-{model} ü",
                    "player_name": f"Crunch {model}",
                    "score": {"recent": 1 / (rank + 1), "steady": rng.random(),
                              "anchor": None if rank > len(ids) // 2 else 1 / (rank + 2)}}
                   for rank, model in enumerate(order)]
        rng.shuffle(entries)
        cursor.execute("INSERT INTO leaderboards VALUES (%s, %s, %s)",
                       (f"LBR_{days}", now - datetime.timedelta(days=days), json.dumps(entries)))


def predictions(cursor, ids, now, rounds, own, rng):
    for turn in range(rounds):
        at = now.replace(microsecond=0) - datetime.timedelta(minutes=turn)
        if turn % 3:
            at += datetime.timedelta(milliseconds=250)
        outcomes = {}
        for index, model in enumerate(ids):
            status = "FAILED" if index == 1 else "TIMEOUT" if index == 2 and turn % 2 else "SUCCESS"
            if index == 5 and turn > 10 or index == 6 and 3 < turn < 8:
                status = "ABSENT"
            key = f"PRE_{model}_{at:%Y%m%d_%H%M%S.%f}"
            scored = turn > 4
            good = status == "SUCCESS"
            cursor.execute(
                "INSERT INTO predictions VALUES (%s, %s, 'BTC', 3600, 60, %s, %s, 'null', %s, %s,"
                " %s, %s, %s, %s)",
                (key, model, status, 50_000 + 1_000 * index, at,
                 at + datetime.timedelta(seconds=3600), (rng.random() if good else 0.0)
                 if scored else None, good if scored else None,
                 None if good or not scored else "Prediction failed", now if scored else None))
            outcomes[model] = [status, 50_000]
            if own and status in ("FAILED", "TIMEOUT"):
                cursor.execute("INSERT INTO updraft_failures VALUES (%s, %s)",
                               (key, f"{status}: division by zero <script>"))
        if own:
            counts = [sum(1 for outcome in outcomes.values() if outcome[0] == status)
                      for status in ("SUCCESS", "FAILED", "TIMEOUT", "ABSENT")]
            cursor.execute(
                "INSERT INTO updraft_rounds VALUES (%s, '1/1', 'BTC', 3600, 60, 72.5, %s, %s, %s,"
                " %s, %s, %s, 0, 1.5, 55000, 52.1, 60.2, 70.3, 71.4, %s, %s, 1, 0, null, false,"
                " %s)",
                (at, *counts, at, len(ids), [0] * 9 + [counts[0]] + [0] * 9, len(ids) - 1,
                 json.dumps(outcomes)))


class Worker:
    """A running report-worker; its log is in `log`."""

    def __init__(self, postgres, database, settings="", environment=None, port=None):
        self.port = port or free_port()
        self.folder = tempfile.mkdtemp(prefix="updraft-report-")
        config = pathlib.Path(self.folder, "game.yml")
        config.write_text(
            f"database: {{host: \"{postgres.folder}\", user: updraft, name: {database}}}\n"
            f"report:\n  listen: [\"127.0.0.1:{self.port}\"]\n{settings}")
        self.log = pathlib.Path(self.folder, "log")
        self.started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [os.environ["REPORT_WORKER"], "--config", str(config)], stderr=log,
                env=os.environ | (environment or {}))
        wait_for(self.accepts, 20, "report-worker")
        self.start_seconds = time.monotonic() - self.started

    def accepts(self):
        if self.process.poll() is not None:
            raise RuntimeError(self.log.read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.process.terminate()
        code = self.process.wait(12)
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def get(self, path, method="GET", headers=None):
        """Status, headers and body of a request."""
        return request(self.port, path, method, headers)

    def rss(self):
        """Bytes in RAM."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024


def request(port, path, method="GET", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
