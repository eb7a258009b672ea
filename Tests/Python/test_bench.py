"""Every benchmark, tiny: 5 models and 3 rounds. Its JSON has what it must, its page opens clean.

Run it by `make test-bench`. UPDRAFT names the program; pictures of the pages go to
artefacts/bench/ in light, dark and narrow.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

from browser import Browser

UPDRAFT = os.environ.get("UPDRAFT", "")
HERE = pathlib.Path(__file__).parent
PICTURES = HERE.parent.parent / "artefacts" / "bench"
TINY = ["--models", "5", "--rounds", "3", "--warmup", "1", "--runs", "2"]
# What each scenario is asked beside TINY, and the figures that it must give.
SCENARIOS = {
    "fanout": (["--reply-bytes", "2000", "--rate", "50"],
               ["p50_ms", "cpu_ms_per_round", "rss_peak_mb"]),
    "tick-history": (["--arg-bytes", "50000"], ["p50_ms", "fleet_cpu_ms_per_round"]),
    "deadline": (["--hang-fraction", "0.2"], ["overshoot_p50_ms", "overshoot_max_ms"]),
    "connect": ([], ["p50_ms", "connect_cpu_ms", "connected_models"]),
    "store": (["--reply-bytes", "2000"], ["p50_ms", "kept_p50_ms", "rows_per_second"]),
    "score": (["--reply-bytes", "2000"], ["p50_ms", "scored_per_second"]),
    "report": (["--duration", "1s"], ["p50_ms", "requests_per_second", "errors"]),
    "end-to-end": (["--duration", "3s", "--reply-bytes", "2000"], ["p50_ms", "missed_rounds"]),
    "soak": (["--duration", "4s", "--reply-bytes", "2000"],
             ["rss_growth_mb_per_hour", "missed_rounds"]),
}


def bench(*words, status=0):
    """Runs `updraft bench`; what it printed."""
    done = subprocess.run([UPDRAFT, "bench", *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300)
    if done.returncode != status:
        raise AssertionError(f"bench {words}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout + (done.stderr if status else "")


class BenchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def look(self, page, name, charts=1, heat=False):
        """Opens a page in every dress; nothing may be loaded, and nothing may go wrong."""
        self.browser.problems.clear()
        self.browser.requests.clear()
        dresses = (("light", 1280, False), ("dark", 1280, True), ("narrow", 390, False))
        run = self.browser.run
        for dress, width, dark in dresses:
            self.browser.view(width, 1700, dark=dark)
            self.browser.open(page.as_uri())
            self.browser.wait("document.querySelector('main footer') !== null")
            self.assertLessEqual(run("document.documentElement.scrollWidth"), width, dress)
            self.browser.picture(PICTURES / f"{name}-{dress}.png")
        self.assertGreaterEqual(run("document.querySelectorAll('svg path').length"), charts)
        self.assertGreater(run("document.querySelectorAll('tbody tr').length"), 0)
        self.assertEqual(run("document.querySelectorAll('canvas.heat').length"), int(heat))
        self.assertFalse(run("document.querySelector('main').innerHTML.includes('NaN')"))
        self.assertEqual(self.browser.problems, [])
        self.assertEqual([url for url in self.browser.requests
                          if not url.startswith(("data:", "file:"))], [])

    def read(self, path):
        head, *lines = [json.loads(line) for line in path.read_text().splitlines()]
        return head, [line for line in lines if "figures" in line], [
            line for line in lines if "heat_map" in line]

    def test_every_scenario_gives_its_figures_and_a_clean_page(self):
        for name, (words, figures) in SCENARIOS.items():
            with self.subTest(name):
                report, page = self.folder / f"{name}.json", self.folder / f"{name}.html"
                text = bench(name, *TINY, *words, "--json", report, "--html", page)
                self.assertIn(name, text)
                head, runs, maps = self.read(report)
                self.assertEqual(head["bench"], name)
                self.assertEqual(head["plan"]["models"], 5)
                for key in ("machine", "commit", "started_at", "command"):
                    self.assertTrue(head[key], key)
                self.assertEqual([run["run"] for run in runs], [1, 2])
                for run in runs:
                    for figure in figures:
                        self.assertIn(figure, run["figures"])
                    self.assertTrue(run["percentiles"])
                    self.assertTrue(run["latency_ms"])
                    for figure in ("missed_rounds", "errors"):
                        self.assertEqual(run["figures"].get(figure, 0), 0)
                has_map = name in ("fanout", "tick-history", "deadline")
                self.assertEqual(len(maps), int(has_map))
                self.look(page, name, heat=has_map)

    def test_a_peer_is_measured_in_turn_and_an_older_report_compared(self):
        report, page = self.folder / "peer.json", self.folder / "peer.html"
        old = self.folder / "old.json"
        bench("fanout", *TINY, "--reply-bytes", 2000, "--json", old)
        peer = (f"ours-again={shlex.quote(UPDRAFT)} call {{method}} {{arguments}} --json "
                "--no-report --orchestrator {orchestrator} --crunch {crunch} --rounds {rounds}")
        text = bench("fanout", *TINY, "--reply-bytes", 2000, "--peer", peer, "--json", report,
                     "--html", page, "--compare", old)
        self.assertIn("ours-again / ours", text)
        self.assertIn("too few runs", text)
        _, runs, _ = self.read(report)
        self.assertEqual([run["candidate"] for run in runs],
                         ["updraft", "ours-again", "ours-again", "updraft"])
        self.look(page, "peer", heat=True)

    def test_mutual_tls_is_measured(self):
        report = self.folder / "secure.json"
        bench("fanout", *TINY, "--secure", "--reply-bytes", 2000, "--json", report)
        _, runs, _ = self.read(report)
        self.assertEqual([run["figures"]["answered_share"] for run in runs], [1, 1])

    def test_what_cannot_be_measured_is_one_line(self):
        for words, part in (
                (["nonsense"], "nonsense"), (["fanout", "--models", "0"], "--models"),
                (["store", "--peer", "x=y"], "--peer"), (["fanout", "--peer", "x"], "NAME=COMMAND"),
                (["fanout", "--delay-ms", "5"], "--delay-ms"), (["score", "--secure"], "--secure")):
            self.assertIn(part, bench(*words, status=64))
        for words, status, part in (
                (["fanout", "--compare", "/nowhere"], 64, "/nowhere"),
                (["fanout", "--json", "/nowhere/x.json"], 71, "/nowhere/x.json"),
                (["fanout", *TINY, "--peer", "bad=false"], 1, "bad exited with code 1"),
                (["fanout", *TINY, "--peer", "bad=echo hello #"], 1, "hello")):
            text = bench(*words, status=status)
            self.assertIn(part, text)

    def test_capacity_gives_a_row_for_each_cell(self):
        report, page = self.folder / "capacity.json", self.folder / "capacity.html"
        bench("capacity", "--models", "3,6", "--reply-bytes", "1000,3000", "--rounds", "3",
              "--json", report, "--html", page)
        cells = [json.loads(line) for line in report.read_text().splitlines()]
        self.assertEqual([(cell["models"], cell["reply_bytes"]) for cell in cells],
                         [(3, 1000), (6, 1000), (3, 3000), (6, 3000)])
        self.look(page, "capacity")

    def test_tune_advises_from_the_calls_of_a_fleet(self):
        calls, page = self.folder / "calls.json", self.folder / "tune.html"
        fleet = subprocess.Popen(
            [UPDRAFT, "fleet", "--models", "20", "--port", "0", "--orchestrator-port", "0",
             "--crunch", "tune", "--delay-ms", "lognormal:2,0.6"],
            stderr=subprocess.PIPE, text=True)
        try:
            port = fleet.stderr.readline().rsplit(":", 1)[1].split("/")[0]
            with calls.open("w") as out:
                subprocess.run(
                    [UPDRAFT, "call", "predict", "BTC", "i:3600", "i:300", "--crunch", "tune",
                     "--orchestrator", f"127.0.0.1:{port}", "--rounds", "20", "--json",
                     "--results"], stdout=out, check=True, timeout=120)
        finally:
            fleet.terminate()
            fleet.communicate()
        text = bench("tune", "--calls", calls, "--rounds-per-minute", 5, "--reply-bytes", 55000,
                     "--html", page)
        for setting in ("predict.timeout", "predict.loops", "spool.bytes_max",
                        "limits.round_bytes_max"):
            self.assertIn(setting, text)
        self.assertIn("← advised", text)
        self.look(page, "tune", charts=2)
        calls.write_text("")
        self.assertIn("summary", bench("tune", "--calls", calls, status=64))
        self.assertIn("/nowhere", bench("tune", "--calls", "/nowhere", status=64))


if __name__ == "__main__":
    if not UPDRAFT:
        sys.exit("UPDRAFT: name the program")
    unittest.main(verbosity=2)
