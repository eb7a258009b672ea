"""Tests of the documentation: what it names exists, and its step-by-step pages work as they stand.

PROGRAMS names the folder with the built programs; run in the client's environment.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import documents
import stack

HERE = pathlib.Path(__file__).parent
PROGRAMS = pathlib.Path(os.environ.get("PROGRAMS", ""))
# Environments are built in it: pip's servers may be slow.
SCRIPT_SECONDS_MAX = 600
# As SQLModel 0.0.50 makes Condor's tables: times with a zone.
THEIR_TABLES = """
CREATE TABLE models (crunch_identifier VARCHAR PRIMARY KEY, name VARCHAR NOT NULL,
  deployment_identifier VARCHAR NOT NULL, player_crunch_identifier VARCHAR NOT NULL,
  player_name VARCHAR NOT NULL, overall_score_recent FLOAT, overall_score_steady FLOAT,
  overall_score_anchor FLOAT, scores_by_param JSON);
CREATE TABLE predictions (id VARCHAR PRIMARY KEY,
  model_id VARCHAR NOT NULL REFERENCES models (crunch_identifier), asset VARCHAR NOT NULL,
  horizon INTEGER NOT NULL, step INTEGER NOT NULL, status VARCHAR NOT NULL,
  exec_time FLOAT NOT NULL, distributions JSON, performed_at TIMESTAMPTZ NOT NULL,
  resolvable_at TIMESTAMPTZ NOT NULL, score_value FLOAT, score_success BOOLEAN,
  score_failed_reason VARCHAR, score_scored_at TIMESTAMPTZ);
CREATE TABLE prediction_configs (id VARCHAR PRIMARY KEY, asset VARCHAR NOT NULL,
  horizon INTEGER NOT NULL, step INTEGER NOT NULL, prediction_interval INTEGER NOT NULL,
  active BOOLEAN NOT NULL, "order" INTEGER NOT NULL);
CREATE TABLE model_score_snapshots (id VARCHAR PRIMARY KEY, overall_score_recent FLOAT,
  overall_score_steady FLOAT, overall_score_anchor FLOAT, scores_by_param JSON,
  model_id VARCHAR NOT NULL REFERENCES models (crunch_identifier),
  performed_at TIMESTAMPTZ NOT NULL);
CREATE TABLE leaderboards (id VARCHAR PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL, entries JSON);
INSERT INTO prediction_configs VALUES ('CFG_AAAAAAAA', 'BTC', 10, 2, 3600, true, 1);
"""


def free_port():
    """A port below those that the system gives to outgoing connections, so that it stays free."""
    while True:
        port = random.randrange(15_000, 19_999)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def with_ports(text, ports):
    """A page's text with its ports replaced, so that it can be played beside anything else."""
    for old, new in ports.items():
        text = re.sub(rf"\b{old}\b", str(new), text)
    return text


def play(script, folder, variables):
    """Runs a page's commands in a shell, and ends whatever they leave running; what was said."""
    environment = {**os.environ, **variables, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        try:
            status = process.wait(SCRIPT_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            status = "too late"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        said.seek(0)
        text = said.read()
    if status != 0:
        logs = "".join(f"\n--- {log.name}\n{log.read_text()[-1500:]}"
                       for log in sorted(pathlib.Path(folder).glob("**/*.log")))
        raise AssertionError(f"the page's commands ended with {status}:\n{text[-4000:]}{logs}")
    return text


class NameTests(unittest.TestCase):
    def test_every_command_and_option_that_the_pages_name_exists(self):
        flaws, count = [], 0
        for page in documents.pages():
            for words in documents.commands(page.read_text(encoding="utf-8")):
                count += 1
                found = documents.flaw(PROGRAMS, words)
                if found:
                    flaws.append(f"{page.relative_to(documents.ROOT)}: {found}")
        self.assertEqual(flaws, [])
        self.assertGreater(count, 150)

    def test_a_command_that_does_not_exist_is_found(self):
        text = "`updraft dance` and\n```sh\nA=1 predict-worker --config x \\\n  --often\n```\n"
        self.assertEqual(
            [documents.flaw(PROGRAMS, words) for words in documents.commands(text)],
            ["predict-worker has no --often", "updraft has no dance"])


class UnitTests(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze isn't installed")
    def test_the_units_are_right_and_hardened(self):
        units = sorted((documents.ROOT / "examples" / "systemd").glob("*.service"))
        self.assertEqual(len(units), 4)
        for unit in units:
            done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True,
                                  text=True, timeout=60)
            # The programs needn't be installed here.
            wrong = [line for line in done.stderr.splitlines()
                     if unit.name in line and "is not executable" not in line]
            self.assertEqual(wrong, [])
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
                capture_output=True, text=True, timeout=60)
            exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1])
            self.assertLess(exposure, 2.0, unit.name)


class RightsTests(unittest.TestCase):
    def test_each_worker_can_do_its_work_with_the_rights_that_the_page_grants(self):
        updraft = PROGRAMS / "updraft"
        with contextlib.ExitStack() as stage:
            database = stage.enter_context(stack.Postgres())
            port = stage.enter_context(stack.fleet(updraft, "condorgame", "--models", "2"))
            prices = stage.enter_context(stack.price_server(updraft, ["BTC"]))
            folder = pathlib.Path(stage.enter_context(tempfile.TemporaryDirectory()))
            (folder / "game.yml").write_text(
                f"prices: {{url: {prices}, resolution: 1s, history: 10m}}\n"
                f"orchestrator: {{host: 127.0.0.1, port: {port}}}\n")
            play("updraft init-db", folder, database.variables)
            database.sql("DELETE FROM prediction_configs; INSERT INTO prediction_configs "
                         "VALUES ('CFG_AAAAAAAA', 'BTC', 1, 1, 3600, true, 1)")
            database.sql(documents.blocks("docs/data-model.md", "sql")[0])
            for role, commands in (
                ("predict", ["predict-worker --check", "predict-worker --once"]),
                ("score", ["score-worker --check", "score-worker --once", "updraft prune"]),
                ("report", ["report-worker --check"]),
            ):
                if role == "score":
                    stack.wait_for("the horizon is over", 30, lambda: database.number(
                        "SELECT count(*) FROM predictions WHERE resolvable_at < now() "
                        "AT TIME ZONE 'UTC' - interval '2 s'") == 2)
                variables = {**database.variables, "POSTGRES_USER": f"updraft_{role}"}
                for command in commands:
                    said = play(f"{command} --config game.yml", folder, variables)
                    self.assertNotIn("permission denied", said)
                    self.assertNotIn("can't be written", said)
            self.assertEqual(database.number(
                "SELECT count(*) FROM predictions WHERE score_scored_at IS NOT NULL"), 2)


class ChallengeTests(unittest.TestCase):
    def test_a_challenge_is_built_as_the_page_says(self):
        page = "docs/build-your-own-challenge.md"
        ports = {9091: free_port(), 9092: free_port(), 8000: free_port()}
        script = with_ports("\n".join(documents.blocks(page, "sh")), ports)
        with stack.Postgres() as database, tempfile.TemporaryDirectory() as folder:
            said = play(script, folder, database.variables)
            self.assertIn("momentum", said)
            self.assertEqual(said.count("ok: every answer came in time"), 2)
            scored = database.sql(
                "SELECT model_id, score_success, count(*), min(score_value), max(score_value) "
                "FROM predictions WHERE status = 'SUCCESS' AND score_scored_at IS NOT NULL "
                "GROUP BY 1, 2 ORDER BY 1")
        self.assertEqual([row[:2] for row in scored], [["1", "t"], ["2", "t"]])
        # 1 − 0.5², and 1 − 0.4² or 1 − 0.6².
        self.assertEqual(scored[0][3:], ["0.75", "0.75"])
        self.assertLessEqual({round(float(value), 2) for value in scored[1][3:]}, {0.84, 0.64})


class TheirWorkers:
    """What the Python workers do, with pip's client for the calls and SQL for the rows."""

    def __init__(self, database, orchestrator_port):
        self.database = database
        self.port = orchestrator_port
        self.ids = []

    def predict(self, seconds_ago=0):
        """One round, asked so long ago; the number of models."""
        done = subprocess.run(
            [sys.executable, str(HERE / "client_call.py"), "predict", "BTC", "i:10", "i:2",
             "--orchestrator", f"127.0.0.1:{self.port}", "--crunch", "condorgame", "--values"],
            capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        results = json.loads(done.stdout.splitlines()[0])["results"]
        moment = f"date_trunc('milliseconds', now() - interval '{seconds_ago} s')"
        for result in results:
            model = result["model_id"]
            answer = json.dumps(result.get("value")).replace("'", "''")
            [[made]] = self.database.sql(
                f"INSERT INTO models VALUES ('{model}', '{model}', 'd', 'p', 'P', NULL, NULL, "
                "NULL, '[]') ON CONFLICT DO NOTHING; INSERT INTO predictions SELECT 'PRE_' || "
                f"'{model}_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS.MS'), '{model}', "
                f"'BTC', 10, 2, '{result['status']}', {result['exec_time_us']}, '{answer}', at, "
                f"at + interval '10 s' FROM (SELECT {moment} AS at) AS given RETURNING id")
            self.ids.append(made)
        return len(results)

    def unscored_count(self):
        """How many of their predictions their score worker would find."""
        ids = ", ".join(f"'{name}'" for name in self.ids)
        return self.database.number(
            f"SELECT count(*) FROM predictions WHERE id IN ({ids}) AND resolvable_at <= now() "
            "AND score_scored_at IS NULL")


class MigrationTests(unittest.TestCase):
    def test_a_running_game_moves_and_moves_back_as_the_page_says(self):
        page = "docs/migration.md"
        with contextlib.ExitStack() as stage:
            database = stage.enter_context(stack.Postgres())
            updraft = PROGRAMS / "updraft"
            port = stage.enter_context(stack.fleet(updraft, "condorgame", "--models", "3"))
            prices = stage.enter_context(stack.price_server(updraft, ["BTC"]))
            folder = pathlib.Path(stage.enter_context(tempfile.TemporaryDirectory()))
            database.sql(THEIR_TABLES)
            theirs = TheirWorkers(database, port)
            self.assertEqual([theirs.predict(120), theirs.predict(60)], [3, 3])

            ports = {9091: port, 8001: free_port()}
            game = with_ports(documents.blocks(page, "yaml")[0], ports)
            game += f"prices: {{url: {prices}, resolution: 1s, history: 10m}}\n"
            game += f"orchestrator: {{host: 127.0.0.1, port: {port}}}\n"
            (folder / "game.yml").write_text(game)
            shutil.copytree(documents.ROOT / "examples" / "tracker-game", folder / "example")
            script = with_ports("\n".join(documents.blocks(page, "sh")), ports)
            # Its files lie in a folder of their own here.
            script = script.replace("orchestrator.yml", "example/orchestrator.yml")
            said = play(script + "\nkill $(jobs -p); wait\n", folder, database.variables)

            self.assertIn('"model_id":"sim-1"', said.replace(" ", ""))
            self.assertEqual(theirs.unscored_count(), 0)
            ours = database.sql(
                "SELECT model_id, status, resolvable_at - performed_at FROM predictions "
                "WHERE performed_at > now() - interval '50 s' ORDER BY 1")
            self.assertEqual(
                ours, [[f"sim-{number}", "SUCCESS", "00:00:10"] for number in (1, 2, 3)])
            kind = database.sql("SELECT data_type FROM information_schema.columns WHERE "
                                "table_name = 'predictions' AND column_name = 'performed_at'")
            self.assertEqual(kind, [["timestamp with time zone"]])

            # And back: theirs goes on with the same tables, ours with its rows.
            self.assertEqual(theirs.predict(30), 3)
            self.assertEqual(theirs.unscored_count(), 3)
            play("score-worker --config game.yml --once", folder, database.variables)
            self.assertEqual(theirs.unscored_count(), 0)


if __name__ == "__main__":
    if not (PROGRAMS / "updraft").is_file():
        raise SystemExit("PROGRAMS must name the folder with the built programs")
    unittest.main(verbosity=2)
