"""A game on this machine: its configuration, its database, the worker that plays it, its log."""

import json
import pathlib

import stack

ASSETS = ["BTC"]
STEPS = 288


class Game:
    """A folder with a game's configuration, its database, and the worker that plays it.

    `options` names the programs (`updraft`, `worker`), `models`, `timeout` and `fsync`; `tick` is
    how often prices are asked for, and each asset is predicted once a second.
    """

    def __init__(self, options, crunch, database, prices, feed, folder, tick="250ms"):
        self.options, self.database, self.folder = options, database, pathlib.Path(folder)
        self.log = self.folder / "worker.log"
        self.variables = {**database.variables}
        self._read_to, self._events = 0, {}
        (self.folder / "game.yml").write_text("\n".join([
            f"crunch_id: {crunch}",
            f"orchestrator: {{host: 127.0.0.1, port: {feed}}}",
            f"prices: {{source: http, url: '{prices}', resolution: 1s, history: 10m, timeout: 5s}}",
            f"predict: {{tick: {tick}, timeout: {options.timeout}, report_failures: false}}",
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

    def forget_log(self):
        """Begins an empty log; no worker may be running."""
        self.log.write_text("")
        self._read_to, self._events = 0, {}

    def events(self, message):
        """The worker's log lines with this message, oldest first.

        Only what is new since the last call is read: a log that is asked for often would cost the
        game its cores.
        """
        with self.log.open("rb") as lines:
            lines.seek(self._read_to)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # being written, or cut off by a kill and gone on with below
                self._read_to += len(line)
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # two lives' lines in one: the first was cut off by a kill
                self._events.setdefault(event.get("message"), []).append(event)
        return self._events.get(message, [])

    def closed(self):
        return self.events("round closed")

    def stored_count(self):
        return self.database.number("SELECT count(*) FROM updraft_rounds")
