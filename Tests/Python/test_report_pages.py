"""Tests of the report's web pages in a headless Chromium; pictures go to artefacts/report/.

Run by `make test-report`; REPORT_WORKER names the program.
"""

import datetime
import pathlib
import unittest

from browser import Browser
from report_stage import Postgres, Worker, fill

PICTURES = pathlib.Path(__file__).parent.parent.parent / "artefacts" / "report"
MODELS = 1_000
ROWS = "document.querySelectorAll('tbody tr:not([hidden])').length"


def setUpModule():
    global postgres, worker, browser, ids
    PICTURES.mkdir(parents=True, exist_ok=True)
    postgres = Postgres()
    unittest.addModuleCleanup(postgres.close)
    database = postgres.database("game")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    with postgres.connect(database) as connection:
        ids = fill(connection, models=MODELS, now=now, rounds=12)
    worker = Worker(postgres, database)
    unittest.addModuleCleanup(worker.close)
    browser = Browser()
    unittest.addModuleCleanup(browser.close)


class Pages(unittest.TestCase):
    def setUp(self):
        browser.problems.clear()
        browser.requests.clear()
        browser.view(1280, 900)
        self.open("")

    def open(self, place):
        browser.open("about:blank")
        browser.open(f"http://127.0.0.1:{worker.port}/{place}")

    def tearDown(self):
        self.assertEqual(browser.problems, [])
        own = f"http://127.0.0.1:{worker.port}/"
        self.assertEqual([url for url in browser.requests
                          if not url.startswith((own, "about:", "data:"))], [])

    def text(self, selector):
        return browser.run(f"document.querySelector({selector!r})?.textContent ?? ''")

    def test_the_leaderboard_shows_a_thousand_models_and_sorts_them_quickly(self):
        browser.wait(f"{ROWS} === {MODELS}")
        self.assertEqual(self.text("tbody tr td"), "1")
        self.assertRegex(self.text("#page .lead"), r"^1,000 models, scored ")
        self.assertRegex(browser.run(
            "[...document.querySelectorAll('.move')].map(e => e.textContent).join('')"), "[▲▼]")
        spent = browser.run("""(() => {
          const heads = [...document.querySelectorAll('th button')];
          const start = performance.now();
          heads.find(head => head.textContent === 'Steady').click();
          document.body.offsetHeight;
          return performance.now() - start;
        })()""")
        self.assertLess(spent, 1_000)
        self.assertEqual(browser.run(
            "document.querySelector('th[aria-sort]').textContent"), "Steady")
        steady = browser.run("[...document.querySelectorAll('tbody tr')].slice(0, 50)"
                             ".map(row => Number(row.children[5].textContent))")
        self.assertEqual(steady, sorted(steady, reverse=True))

    def test_the_search_finds_names_and_says_how_many(self):
        browser.wait(f"{ROWS} === {MODELS}")
        browser.run("""(() => { const field = document.getElementById('search');
          field.value = 'MODEL-9123'; field.dispatchEvent(new Event('input')); })()""")
        self.assertEqual(browser.run(ROWS), 1)
        self.assertEqual(self.text("caption"), "1 of 1,000 models")

    def test_a_model_opens_by_keyboard_and_shows_scores_and_failures(self):
        browser.wait(f"{ROWS} === {MODELS}")
        browser.run("document.querySelector(`a[href='#/model/9001']`).focus()")
        browser.press("Enter", text="\r")
        browser.wait("document.querySelector('h1').textContent.startsWith('model-9001')")
        browser.wait("document.querySelectorAll('.tag.FAILED').length > 5")
        self.assertIn("division by zero <script>", self.text("#page"))
        browser.wait("document.activeElement.id === 'page'")
        self.assertRegex(self.text("table"), "BTC.*1 h.*1 min")
        browser.wait("globalThis.Chart && Chart.getChart(document.querySelector('canvas'))"
                     "?.data.datasets.length === 3")
        browser.picture(PICTURES / "model-light.png")

    def test_the_game_page_shows_rounds_and_who_came_and_went(self):
        self.open("#/game")
        browser.wait("document.querySelectorAll('tbody tr').length > 12")
        for word in ("returned", "left", "70 ms", "BTC, 1 h in steps of 1 min"):
            self.assertIn(word, self.text("#page"))
        browser.wait("globalThis.Chart && Chart.getChart(document.querySelectorAll('canvas')[1])"
                     "?.data.datasets.length === 4")
        browser.picture(PICTURES / "game-light.png")

    def test_every_page_fits_a_phone_in_the_dark(self):
        for name, place in (("leaderboard", ""), ("model", "#/model/9001"), ("game", "#/game")):
            for dark, width in ((True, 1280), (True, 390), (False, 390)):
                browser.view(width, 844 if width < 600 else 900, 2 if width < 600 else 1, dark)
                self.open(place)
                browser.wait("document.querySelectorAll('tbody tr').length > 1")
                if name != "leaderboard":
                    browser.wait("globalThis.Chart && "
                                 "!!Chart.getChart(document.querySelectorAll('canvas')[1])")
                self.assertLessEqual(
                    browser.run("document.documentElement.scrollWidth - innerWidth"), 0, name)
                shade = "dark" if dark else "light"
                size = "phone" if width < 600 else "wide"
                browser.picture(PICTURES / f"{name}-{shade}-{size}.png")
        browser.view(1280, 900)
        self.open("")
        browser.wait(f"{ROWS} === {MODELS}")
        browser.picture(PICTURES / "leaderboard-light-wide.png")

    def test_nothing_jumps_while_a_page_loads(self):
        for place in ("", "#/game", "#/model/9001"):
            self.open("")
            browser.wait(f"{ROWS} === {MODELS}")
            browser.run("""(() => { globalThis.moved = 0;
              new PerformanceObserver(list => { for (const entry of list.getEntries())
                if (!entry.hadRecentInput) globalThis.moved += entry.value;
              }).observe({ type: 'layout-shift', buffered: false }); })()""")
            browser.run("dispatchEvent(new Event('hashchange'))")
            browser.wait(f"{ROWS} > 3")
            self.assertLess(browser.run("globalThis.moved"), 0.1, place)

    def test_labels_and_headings_are_there_for_those_who_listen(self):
        for place in ("", "#/game", "#/model/9001"):
            self.open(place)
            browser.wait("document.querySelectorAll('tbody tr').length > 1")
            self.assertEqual(browser.run("document.querySelectorAll('h1').length"), 1)
            self.assertEqual(browser.run("document.documentElement.lang"), "en")
            self.assertEqual(browser.run("""[...document.querySelectorAll(
              'button, input, select, canvas, a')].filter(e => !(e.textContent.trim()
              || e.getAttribute('aria-label') || e.labels?.length)).length"""), 0)
            self.assertEqual(browser.run("[...document.querySelectorAll('thead th')]"
                                         ".filter(e => e.scope !== 'col').length"), 0)
        self.assertNotEqual(browser.run("document.title"), "")

    def test_the_colours_have_contrast(self):
        for dark in (False, True):
            browser.view(1280, 900, dark=dark)
            self.open("#/game")
            browser.wait("document.querySelectorAll('tbody tr').length > 1")
            worst = browser.run("""(() => {
              const parse = text => text.match(/[\\d.]+/g).map(Number);
              const light = colour => { const [r, g, b] = colour.slice(0, 3).map(v => {
                v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const ground = e => { for (; e; e = e.parentElement) {
                const colour = parse(getComputedStyle(e).backgroundColor);
                if (colour.length === 3 || colour[3] > 0.99) return colour; }
                return [255, 255, 255]; };
              let worst = 99;
              for (const e of document.querySelectorAll('h1, h2, p, td, th, a, dt, dd, small')) {
                if (!e.textContent.trim() || !e.offsetParent) continue;
                const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
                worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
              }
              return worst;
            })()""")
            self.assertGreaterEqual(worst, 4.5)


class Waiting(unittest.TestCase):
    def test_empty_pages_say_what_to_wait_for(self):
        empty = Worker(postgres, postgres.database("empty"))
        try:
            for place, words in (("", "No leaderboard yet"), ("#/game", "No rounds yet"),
                                 ("#/model/1", "No scores yet")):
                browser.view(1280, 900)
                browser.open("about:blank")
                browser.open(f"http://127.0.0.1:{empty.port}/{place}")
                browser.wait(f"document.body.textContent.includes({words!r})")
                name = place.strip("#/").split("/")[0] or "leaderboard"
                browser.picture(PICTURES / f"{name}-empty.png")
        finally:
            empty.close()

    def test_a_page_asks_for_the_key_it_needs(self):
        key = "reading-key-0123456789"
        closed = Worker(postgres, "game", environment={"UPDRAFT_REPORT_KEYS": key})
        try:
            browser.open("about:blank")
            browser.open(f"http://127.0.0.1:{closed.port}/#/game")
            browser.wait("!!document.getElementById('key')")
            browser.picture(PICTURES / "key.png")
            browser.run(f"""(() => {{ document.getElementById('key').value = {key!r};
              document.getElementById('key').form.requestSubmit(); }})()""")
            browser.wait("document.querySelectorAll('tbody tr').length > 12")
        finally:
            closed.close()

    def test_z_a_page_survives_the_database_going_away(self):
        browser.open("about:blank")
        browser.open(f"http://127.0.0.1:{worker.port}/")
        browser.wait(f"{ROWS} === {MODELS}")
        postgres.stop()
        try:
            browser.wait("document.getElementById('state').dataset.state === 'away'", 15)
            self.assertEqual(browser.run(ROWS), MODELS)
            browser.picture(PICTURES / "away.png")
        finally:
            postgres.start()
        browser.wait("document.getElementById('state').dataset.state === 'live'", 15)


if __name__ == "__main__":
    unittest.main(verbosity=2)
