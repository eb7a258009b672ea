"""Tests of report-worker from outside, against a FastAPI reference on the same database.

Run by `make test-report`; REPORT_WORKER names the program.
"""

import concurrent.futures
import contextlib
import datetime
import gzip
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from report_stage import (NOW, Postgres, Worker, fill, free_port, request, wait_for)

HERE = pathlib.Path(__file__).parent
TIMES = "start=2026-11-01T00:00:00&end=2026-12-01T00:00:00"


def setUpModule():
    global postgres, worker, reference_port, reference, ids
    postgres = Postgres()
    unittest.addModuleCleanup(postgres.close)
    database = postgres.database("game")
    with postgres.connect(database) as connection:
        ids = fill(connection)
    worker = Worker(postgres, database)
    unittest.addModuleCleanup(worker.close)
    reference_port = free_port()
    reference = subprocess.Popen(
        [sys.executable, str(HERE / "report_reference.py"), str(reference_port), postgres.folder,
         database])
    unittest.addModuleCleanup(reference.wait)
    unittest.addModuleCleanup(reference.kill)
    wait_for(lambda: accepts(reference_port), 30, "the reference")


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answer(path, **options):
    status, headers, body = worker.get(path, **options)
    return status, json.loads(body)


@contextlib.contextmanager
def another(database, settings="", environment=None):
    """One more worker."""
    made = Worker(postgres, database, settings, environment)
    try:
        yield made
    finally:
        made.close()


class LikeFastAPI(unittest.TestCase):
    maxDiff = 2_000

    def same(self, path):
        """Both give the same status, type and rows, whatever the order of the rows."""
        status, headers, body = request(reference_port, path)
        ours, our_headers, our_body = worker.get(path)
        self.assertEqual((status, headers["content-type"]), (ours, our_headers["Content-Type"]),
                         f"{path}: {body[:300]} {our_body[:300]}")
        theirs, mine = json.loads(body), json.loads(our_body)
        if isinstance(theirs, list):
            theirs, mine = (sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
                            for rows in (theirs, mine))
        self.assertEqual(theirs, mine, path)
        return mine

    def test_every_endpoint_gives_the_same_fields_and_values(self):
        everyone = "&".join(f"projectIds={model}" for model in ids)
        self.assertEqual(len(self.same("/reports/models")), len(ids))
        self.assertEqual(len(self.same("/reports/leaderboard")), len(ids))
        for path in ("global", "params"):
            self.assertGreater(len(self.same(f"/reports/models/{path}?{everyone}&{TIMES}")), 0)
        self.assertGreater(len(self.same(f"/reports/predictions?projectIds={ids[1]}&{TIMES}")), 0)

    def test_the_leaderboard_is_in_the_order_of_its_ranks(self):
        ranks = [row["rank"] for row in answer("/reports/leaderboard")[1]]
        self.assertEqual(ranks, list(range(1, len(ids) + 1)))

    def test_times_are_read_alike_and_both_ends_belong_to_the_range(self):
        for model in ids[:2]:
            for start in ("2026-11-22T11:01:54.820462", "2026-11-22T11:01:54.820462Z",
                          "2026-11-22T12:01:54.820462%2B01:00", "2026-11-22", "1795345314",
                          "2026-11-22+11:00", "2026-11-22T11:01:54.8204629", "1795345314000",
                          "2026-11-22_11:00:00"):
                self.same(f"/reports/models/global?projectIds={model}&start={start}"
                          "&end=2026-11-22T11:01:54.820462")

    def test_wrong_parameters_give_the_same_422(self):
        for path in ("/reports/models/global", "/reports/models/params", "/reports/predictions"):
            for query in ("", "projectIds=1", "start=2026-11-22&end=x", "projectIds=1&start=&end=",
                          f"projectIds=1&start=2026-13-01&end=2026-02-30",
                          "projectIds=1&start=tomorrow&end=2026-11-22T25:00:00",
                          "projectIds=1&start=2026/11/22&end=20261122T000000",
                          "projectIds=1&start=2026-11-22T00:00:00%2B00:00x&end=abcd-01-01"):
                self.same(f"{path}?{query}")

    def test_other_errors_are_the_same(self):
        for path in ("/", "/reports", "/reports/nothing", "/report/x"):
            if path != "/":
                self.same(path)
        self.same(f"/reports/predictions?projectIds=1&projectIds=2&{TIMES}")
        for port in (reference_port, worker.port):
            status, headers, body = request(port, "/reports/models", "POST")
            self.assertEqual((status, json.loads(body)), (405, {"detail": "Method Not Allowed"}))
            self.assertIn("GET", {key.lower(): value for key, value in headers.items()}["allow"])
            status, headers, _ = request(port, "/reports/models/?limit=3")
            location = {key.lower(): value for key, value in headers.items()}["location"]
            self.assertEqual((status, location.endswith("/reports/models?limit=3")), (307, True))

    def test_repeated_times_count_last_and_odd_escapes_are_read_alike(self):
        for query in (f"projectIds={ids[0]}&start=x&{TIMES}", f"projectIds=%39000&{TIMES}",
                      f"projectIds=%zz&{TIMES}", f"projectIds=%ff&{TIMES}", f"projectIds&{TIMES}",
                      f"projectIds=a+b&{TIMES}&unknown=1"):
            self.same(f"/reports/models/global?{query}")


class OurEndpoints(unittest.TestCase):
    def test_ids_may_be_joined_by_commas_but_not_for_predictions(self):
        apart = answer(f"/reports/models/global?projectIds={ids[0]}&projectIds={ids[1]}&{TIMES}")
        joined = answer(f"/reports/models/global?projectIds={ids[0]},{ids[1]}&{TIMES}")
        self.assertEqual(apart, joined)
        self.assertEqual(len(joined[1]), 8)
        status, body = answer(f"/reports/predictions?projectIds={ids[0]},{ids[1]}&{TIMES}")
        self.assertEqual(status, 400)
        self.assertIn("one model at a time", body["detail"])

    def test_the_documented_names_are_aliases(self):
        self.assertEqual(answer("/report/leaderboard"), answer("/reports/leaderboard"))
        for name, path in (("global", "models/global"), ("params", "models/params"),
                           ("predictions", "predictions")):
            ours = answer(f"/report/model/{ids[0]}/{name}?{TIMES}")
            self.assertEqual(ours, answer(f"/reports/{path}?projectIds={ids[0]}&{TIMES}"))
            self.assertGreater(len(ours[1]), 0)

    def test_limit_and_offset_cut_pages_out_of_the_whole(self):
        whole = answer("/reports/leaderboard")[1]
        self.assertEqual(answer("/reports/leaderboard?limit=3&offset=2")[1], whole[2:5])
        self.assertEqual(answer("/reports/leaderboard?limit=0")[1], [])
        for query, kind in (("limit=-1", "greater_than_equal"), ("limit=x", "int_parsing"),
                            ("limit=100001", "less_than_equal"),
                            ("offset=99999999999999999999", "int_parsing")):
            status, body = answer(f"/reports/leaderboard?{query}")
            self.assertEqual((status, body["detail"][0]["type"]), (422, kind))

    def test_the_leaderboard_before_is_one_of_a_day_ago(self):
        before = answer("/reports/leaderboard/previous")[1]
        self.assertTrue(before["created_at"].startswith("2026-11-20"))
        self.assertEqual(sorted(before["ranks"].values()), list(range(1, len(ids) + 1)))

    def test_rounds_are_newest_first_and_tell_models_when_asked(self):
        rounds = answer("/reports/rounds?limit=3")[1]
        self.assertEqual([row["performed_at"][11:16] for row in rounds],
                         ["11:01", "11:00", "10:59"])
        self.assertEqual(rounds[0]["latency_p99_ms"], 70.3)
        self.assertNotIn("models", rounds[0])
        self.assertEqual(len(answer("/reports/rounds?limit=1&models=true")[1][0]["models"]), 12)

    def test_calls_tell_what_went_wrong(self):
        calls = answer(f"/reports/models/calls?projectIds={ids[1]}&{TIMES}")[1]
        self.assertEqual(calls[0]["status"], "FAILED")
        self.assertEqual(calls[0]["detail"], "FAILED: division by zero <script>")
        self.assertEqual((calls[0]["param"], calls[0]["exec_time_ms"]), ("BTC-3600-60", 51))
        self.assertEqual(calls, sorted(calls, key=lambda row: row["performed_at"], reverse=True))

    def test_changes_tell_who_left_and_returned(self):
        changes = answer("/reports/models/changes")[1]
        seen = [(row["model_id"], row["change"]) for row in changes]
        self.assertEqual(seen, [(ids[6], "returned"), (ids[6], "left"), (ids[5], "returned")])
        self.assertTrue(changes[0]["model_name"].startswith("model-6"))

    def test_the_rest_says_what_it_should(self):
        self.assertEqual(answer("/info")[1]["crunch_id"], "condorgame")
        self.assertEqual(answer("/healthz"), (200, {"status": "ok"}))
        self.assertEqual(answer("/readyz")[1]["status"], "ready")
        status = answer("/reports/status")[1]
        self.assertEqual(status["models"], len(ids))
        self.assertIsNone(status["feed_age_s"])
        schema = answer("/reports/schema")[1]
        for widget in schema["metrics_widgets"]:
            self.assertEqual(worker.get(widget["endpointUrl"])[0], 422)

    def test_etags_spare_what_is_known_and_gzip_is_the_same(self):
        status, headers, body = worker.get("/reports/leaderboard")
        self.assertEqual(worker.get("/reports/leaderboard",
                                    headers={"If-None-Match": headers["ETag"]})[0], 304)
        self.assertEqual(worker.get("/reports/leaderboard",
                                    headers={"If-None-Match": '"x"'})[0], 200)
        _, packed, small = worker.get("/reports/leaderboard", headers={"Accept-Encoding": "gzip"})
        self.assertEqual((packed["Content-Encoding"], packed["ETag"]), ("gzip", headers["ETag"]))
        self.assertEqual(gzip.decompress(small), body)
        self.assertLess(len(small), len(body))
        for refused in ("gzip;q=0", "gzip; q=0.0", "br", "identity"):
            _, plain, _ = worker.get("/reports/leaderboard", headers={"Accept-Encoding": refused})
            self.assertNotIn("Content-Encoding", plain)
        head = worker.get("/reports/leaderboard", "HEAD")
        self.assertEqual((head[0], head[1]["Content-Length"], head[2]), (200, str(len(body)), b""))

    def test_every_answer_has_the_headers_that_browsers_heed(self):
        for path in ("/", "/assets/app.js", "/reports/models", "/nothing"):
            headers = worker.get(path)[1]
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            policy = headers["Content-Security-Policy"]
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
        page = worker.get("/")[2].decode()
        self.assertNotRegex(page, r"<script>|<style|style=|\son\w+=|https?://")


class Databases(unittest.TestCase):
    def test_times_with_a_zone_are_told_in_utc(self):
        database = postgres.database("zoned", "timestamptz")
        with postgres.connect(database) as connection:
            connection.execute("SET TimeZone TO 'UTC'")
            fill(connection)
            connection.execute("ALTER DATABASE zoned SET TimeZone TO 'Asia/Tokyo'")
        paths = ["/reports/leaderboard", f"/reports/models/global?projectIds={ids[0]}&{TIMES}",
                 f"/reports/predictions?projectIds={ids[1]}&{TIMES}", "/reports/rounds?limit=5"]
        with another(database) as zoned:
            for path in paths:
                self.assertEqual(json.loads(zoned.get(path)[2]), answer(path)[1], path)

    def test_a_database_of_condor_alone_is_fine(self):
        database = postgres.database("condor", own=False)
        with postgres.connect(database) as connection:
            fill(connection, own=False)
        with another(database) as condor:
            self.assertEqual(condor.get("/reports/rounds")[2], b"[]")
            self.assertEqual(condor.get("/reports/models/changes")[2], b"[]")
            calls = json.loads(condor.get(f"/reports/models/calls?projectIds={ids[1]}&{TIMES}")[2])
            self.assertEqual(calls[-1]["detail"], "Prediction failed")
            status = json.loads(condor.get("/reports/status")[2])
            self.assertGreater(status["newest_round_age_s"], -1e9)
            self.assertIn(b"updraft_report_database_up", condor.get("/metrics")[2])

    def test_an_empty_database_gives_empty_lists_and_one_without_tables_503(self):
        with another(postgres.database("empty")) as empty:
            for path in ("models", "leaderboard", "rounds", "models/changes"):
                self.assertEqual(empty.get(f"/reports/{path}")[2], b"[]")
            self.assertEqual(json.loads(empty.get("/reports/leaderboard/previous")[2]),
                             {"created_at": None, "ranks": {}})
            self.assertIsNone(json.loads(empty.get("/reports/status")[2])["newest_round_age_s"])
        with another("postgres") as bare:
            status, headers, body = bare.get("/reports/leaderboard")
            self.assertEqual((status, "Retry-After" in headers), (503, True))
            self.assertIn("tables", json.loads(body)["detail"])

    def test_news_is_told_within_two_seconds(self):
        database = postgres.database("news")
        with another(database) as news, postgres.connect(database) as connection:
            self.assertEqual(news.get("/reports/leaderboard")[2], b"[]")
            fill(connection, models=3)
            wait_for(lambda: news.get("/reports/leaderboard")[2] != b"[]", 2, "the leaderboard")

    def test_nothing_is_ever_written(self):
        with postgres.connect("game") as connection:
            sessions = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'report-worker'")
            self.assertLessEqual(sessions.fetchone()[0], 4 * 2)
            before = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
        answer("/reports/leaderboard")
        with postgres.connect("game") as connection:
            self.assertEqual(connection.execute("SELECT pg_current_wal_lsn()").fetchone(), before)


class Metrics(unittest.TestCase):
    def test_the_text_has_every_family_once_and_the_predict_workers_own(self):
        with tempfile.NamedTemporaryFile("w", suffix=".prom") as file:
            file.write('# TYPE updraft_running gauge\nupdraft_running{crunch="c"} 1\n'
                       f"updraft_metrics_timestamp_seconds {time.time() - 5}\n"
                       'updraft_prices_age_seconds{asset="BTC"} 30\n'
                       'updraft_prices_age_seconds{asset="XAU"} 5000\n'
                       'updraft_market_closed{asset="XAU"} 1')
            file.flush()
            with another("game", f"metrics_file: {file.name}\n") as measured:
                measured.get("/reports/leaderboard")
                measured.get("/metrics")
                with postgres.connect("game") as connection:
                    connection.execute(
                        "INSERT INTO updraft_rounds SELECT localtimestamp, 'new/1', asset, horizon,"
                        " step, wall_ms, 7, 1, 1, 1, localtimestamp, sent, skipped, late_ms,"
                        " answer_bytes, latency_p50_ms, latency_p90_ms, latency_p99_ms,"
                        " latency_max_ms, latency_buckets, breakers_closed, breakers_open,"
                        " breakers_half_open, panic, market_closed, null FROM updraft_rounds"
                        " LIMIT 1")
                text = measured.get("/metrics")[2].decode()
                age = json.loads(measured.get("/reports/status")[2])["feed_age_s"]
                with postgres.connect("game") as connection:
                    connection.execute("DELETE FROM updraft_rounds WHERE shard = 'new/1'")
        self.assertTrue(34 < age < 60, age)
        types = re.findall(r"^# TYPE (\S+)", text, re.M)
        self.assertEqual(len(types), len(set(types)))
        for line in ('updraft_report_rounds_total{crunch="condorgame"} 1',
                     'updraft_report_outcomes_total{crunch="condorgame",status="success"} 7',
                     'updraft_report_database_up{crunch="condorgame"} 1',
                     'updraft_report_models_by_breaker{crunch="condorgame",state="open"} 1',
                     'updraft_running{crunch="c"} 1'):
            self.assertIn(line + "\n", text + "\n")
        self.assertRegex(
            text, r'requests_total\{[^}]*route="/reports/leaderboard",status="200"\} 1')
        self.assertRegex(text, r'call_duration_seconds_bucket\{[^}]*le="\+Inf"\} [1-9]')


class Access(unittest.TestCase):
    READ, ADMIN = "reading-key-0123456789", "admin-key-0123456789abc"

    def test_keys_open_their_tiers_and_never_show_in_the_log(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"# for the demo\n{self.READ}\nadmin:{self.ADMIN}\n")
            file.flush()
            with another("game", f"  api_keys: {file.name}\n") as closed:
                self.tiers(closed)
                self.assertNotIn("0123456789", closed.log.read_text())
        with another("game", environment={
                "UPDRAFT_REPORT_KEYS": f"read:{self.READ},admin:{self.ADMIN}"}) as closed:
            self.tiers(closed)

    def tiers(self, closed):
        expected = {None: (200, 401, 401), self.READ: (200, 200, 403), self.ADMIN: (200, 200, 200),
                    "no-such-key-0123456789": (200, 401, 401), "": (200, 401, 401)}
        for key, statuses in expected.items():
            for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
                given = headers if key is not None else {}
                got = tuple(closed.get(path, headers=given)[0]
                            for path in ("/reports/leaderboard", "/reports/rounds", "/metrics"))
                self.assertEqual(got, statuses, key)
        self.assertEqual(closed.get("/reports/rounds")[1]["WWW-Authenticate"], "Bearer")

    def start(self, settings, environment=None):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(settings)
            file.flush()
            return subprocess.run([os.environ["REPORT_WORKER"], "--config", file.name],
                                  capture_output=True, text=True, timeout=20,
                                  env=os.environ | (environment or {}))

    def test_a_public_address_needs_keys_or_a_word_that_it_is_meant(self):
        result = self.start(f'report: {{listen: ["0.0.0.0:{free_port()}"]}}\n')
        self.assertEqual(result.returncode, 78)
        self.assertIn("report.public: true", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        port = free_port()
        with another("game", f'  ui_listen: ["0.0.0.0:{port}"]\n  public: true\n'):
            self.assertEqual(request(port, "/")[0], 200)

    def test_wrong_keys_and_taken_ports_are_told_in_one_line(self):
        for keys in ("short", "owner:0123456789abcdef", "#"):
            result = self.start("", {"UPDRAFT_REPORT_KEYS": keys})
            self.assertEqual((result.returncode, result.stderr.count("\n")), (78, 1), result.stderr)
            self.assertNotIn("0123456789", result.stderr)
        result = self.start(f'report: {{listen: ["127.0.0.1:{worker.port}"]}}\n')
        self.assertEqual(result.returncode, 71, result.stderr)
        self.assertIn(f"127.0.0.1:{worker.port}", result.stderr)

    def test_origins_are_those_that_were_set(self):
        with another("game", '  cors: ["https://ui.example"]\n') as crossed:
            ask = {"Origin": "https://ui.example"}
            headers = crossed.get("/reports/models", headers=ask)[1]
            self.assertEqual(headers["Access-Control-Allow-Origin"], "https://ui.example")
            other = crossed.get("/reports/models", headers={"Origin": "https://evil.example"})[1]
            self.assertNotIn("Access-Control-Allow-Origin", other)
            ask["Access-Control-Request-Method"] = "GET"
            status, headers, _ = crossed.get("/reports/models", "OPTIONS", ask)
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]),
                             (200, "https://ui.example"))
            ask["Origin"] = "https://evil.example"
            self.assertEqual(crossed.get("/reports/models", "OPTIONS", ask)[0], 400)
        self.assertNotIn("Access-Control-Allow-Origin",
                         worker.get("/reports/models", headers={"Origin": "https://a.b"})[1])


class Faults(unittest.TestCase):
    def refused(self, path, *statuses):
        status, _, body = worker.get(path)
        self.assertIn(status, statuses, f"{path[:80]} {body[:200]}")
        return status, body

    def test_injections_find_nothing(self):
        for text in ("'%20OR%20'1'='1", "1;DROP%20TABLE%20models--", "1'));SELECT%20pg_sleep(5)--",
                     "%24%24", "%7B9000%7D", "%22", "%5C", "9000%27", "{%22", "NULL"):
            for path in ("models/global", "models/params", "predictions", "models/calls"):
                start = time.monotonic()
                status, body = self.refused(f"/reports/{path}?projectIds={text}&{TIMES}", 200)
                self.assertEqual(body, b"[]", text)
                self.assertLess(time.monotonic() - start, 3)
            self.refused(f"/report/model/{text}/global?{TIMES}", 200, 404)
            self.refused(f"/reports/leaderboard?limit={text}", 422)
        self.assertEqual(answer("/reports/models")[0], 200)

    def test_nul_and_odd_bytes_are_the_callers_fault(self):
        self.refused(f"/reports/models/global?projectIds=a%00b&{TIMES}", 422)
        self.refused(f"/report/model/a%00b/global?{TIMES}", 422)
        self.refused(f"/reports/models/global?projectIds=1&start=2026-11-22%00&end=2026", 422)
        for text in ("%ed%a0%80", "%f0%9f%92%a9", "%c0%80", "%E2%80%AE", "%u0041"):
            self.refused(f"/reports/models/global?projectIds={text}&{TIMES}", 200)

    def test_bad_times_are_422(self):
        path = "/reports/models/global?projectIds=1&end=2026-11-22&start="
        for text in ("0000-01-01", "9999-12-31T23:59:60", "2026-02-29", "1e300", "inf", "nan",
                     "-1e99", "99999999999999999999999", "2026-11-22T11:01:54%2B99:00", "P1D", "--",
                     "%D9%A2%D9%A0%D9%A2%D9%A6"):
            self.refused(path + text, 422)
        self.refused("/reports/models/global?projectIds=1&start=0001-01-01&end=9999-12-31", 200)
        self.refused("/reports/models/global?projectIds=1&start=2030-01-01&end=2020-01-01", 200)

    def test_thousands_of_ids_are_taken_and_one_more_refused(self):
        many = ",".join(str(index) for index in range(10_000, 15_000))
        path = f"/reports/models/global?{TIMES}&projectIds={many}"
        self.refused(path, 200)
        self.refused(path + "," * (62_000 - len(path)), 414)
        self.assertEqual(json.loads(self.refused(path + ",1", 422)[1])["detail"][0]["type"],
                         "too_long")

    def test_a_query_of_a_megabyte_and_huge_headers_are_refused(self):
        self.exchange(b"GET /reports/models?x=" + b"a" * (1 << 20)
                      + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        self.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"a" * (1 << 20) + b"\r\n\r\n")
        self.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 5_000 + b"\r\n")
        self.exchange(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n"
                      + b"a" * (1 << 20))
        self.exchange(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200))
        self.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    def exchange(self, data):
        """Sends bytes; the answer is a refusal or a close, and the worker goes on."""
        with socket.create_connection(("127.0.0.1", worker.port), timeout=10) as peer:
            with contextlib.suppress(OSError):
                peer.sendall(data)
            received = b""
            with contextlib.suppress(OSError):
                while chunk := peer.recv(1 << 16):
                    received += chunk
        if received:
            self.assertRegex(received, rb"^HTTP/1\.1 4\d\d ")
        self.assertEqual(answer("/healthz")[0], 200)

    def test_a_smuggled_request_is_not_answered(self):
        inner = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
        for head in (b"Content-Length: %d\r\nTransfer-Encoding: chunked" % (len(inner) + 5),
                     b"Content-Length: 5\r\nContent-Length: 6",
                     b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                     b"Transfer-Encoding : chunked", b"Content-Length: +5",
                     b"Transfer-Encoding: xchunked"):
            data = b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n0\r\n\r\n" + inner
            with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as peer:
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                received = b""
                with contextlib.suppress(OSError):
                    while chunk := peer.recv(1 << 16):
                        received += chunk
            self.assertNotIn(b"updraft_report_", received, head)

    def test_slow_and_silent_clients_keep_nobody_waiting(self):
        peers = [socket.create_connection(("127.0.0.1", worker.port)) for _ in range(300)]
        try:
            ask = b"GET /reports/leaderboard HTTP/1.1\r\nHost: a\r\n"
            for index, peer in enumerate(peers):
                peer.sendall([b"", b"GET / HT", ask, (ask + b"\r\n") * 50][index % 4])
            start = time.monotonic()
            for _ in range(20):
                self.assertEqual(answer("/reports/leaderboard")[0], 200)
            self.assertLess(time.monotonic() - start, 5)
        finally:
            for peer in peers:
                peer.close()

    def test_pipelined_requests_are_answered_in_order(self):
        with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as peer:
            peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 10
                         + b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            received = b""
            while chunk := peer.recv(1 << 16):
                received += chunk
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", received), [b"200"] * 10 + [b"404"])

    def test_z_the_database_may_restart_under_load(self):
        seen, stop = [], []

        def ask():
            while not stop:
                seen.append(request(worker.port, "/reports/models/global?projectIds="
                                    f"{len(seen)}&{TIMES}")[::2])

        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            tasks = [threads.submit(ask) for _ in range(4)]
            try:
                wait_for(lambda: len(seen) > 20, 10, "answers")
                postgres.stop()
                count = len(seen)
                wait_for(lambda: len(seen) > count + 20, 10, "answers while it is away")
                wait_for(lambda: worker.get("/reports/models")[0] == 503, 5, "the end of a cache")
                status, headers, body = worker.get("/reports/models")
                self.assertEqual(status, 503)
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)
                self.assertEqual(json.loads(body), {"detail": "The database is away"})
                self.assertEqual(worker.get("/healthz")[0], 200)
                self.assertEqual(worker.get("/readyz")[0], 503)
                self.assertIn(b"updraft_report_database_up", worker.get("/metrics")[2])
                self.assertEqual(worker.get("/")[0], 200)
                postgres.start()
                wait_for(lambda: worker.get("/reports/models")[0] == 200, 5, "the database again")
            finally:
                if postgres.process.poll() is not None:
                    postgres.start()
                stop.append(True)
            for task in tasks:
                task.result()
        self.assertEqual({status for status, _ in seen} - {200, 503}, set())
        log = worker.log.read_text()
        self.assertIn("the database is away", log)
        self.assertIn("the database is back", log)

    def test_it_stops_at_once_when_told(self):
        other = Worker(postgres, "game")
        idle = socket.create_connection(("127.0.0.1", other.port))
        start = time.monotonic()
        self.assertEqual(other.close(), 0)
        self.assertLess(time.monotonic() - start, 10)
        idle.close()


class OpenAPI(unittest.TestCase):
    def test_schemathesis_finds_no_mismatch(self):
        folder = pathlib.Path(sys.executable).parent
        with tempfile.TemporaryDirectory() as scratch:
            result = subprocess.run(
                [str(folder / "schemathesis"), "run",
                 f"http://127.0.0.1:{worker.port}/openapi.json", "--phases", "examples,fuzzing",
                 "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
                 "response_headers_conformance,response_schema_conformance", "--max-examples", "25",
                 "--seed", "7", "--no-color"],
                capture_output=True, text=True, timeout=400, cwd=scratch)
        self.assertEqual(result.returncode, 0, result.stdout[-6_000:] + result.stderr[-2_000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
