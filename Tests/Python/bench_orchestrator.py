"""Measures model-orchestrator: how fast models start and changes are live, what a kill leaves.

    bench_orchestrator.py --orchestrator PROGRAM --updraft PROGRAM [--native 100] [--python 10]
                          [--max-start 30] [--max-native 3] [--max-python 6]

Run by `make bench-orchestrator`. The native models are `updraft fleet`'s, one each; the Python ones
are the example's `gaussian` in the real runner. Their environment is made before anything is
measured. Prints a table and exits 1 when a bound is not met.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from stack import percentile, running, wait_for

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "tracker-game"
CHANGES = 5


class Game:
    """A folder with an orchestrator.yml, and a models.yml that changes."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.submission = {}
        shutil.copytree(EXAMPLE / "basegame", folder / "basegame")
        for name in ("python-a", "python-b"):
            shutil.copytree(EXAMPLE / "models" / "gaussian", folder / "submissions" / name)
        for name in ("native-a", "native-b"):
            (folder / "submissions" / name).mkdir()
        (folder / "orchestrator.yml").write_text(
            "infrastructure:\n"
            "  publishers: [{type: websocket, port: 0}]\n"
            "  runner:\n"
            "    submission-storage-path-format: submissions/{id}\n"
            "    packages: [crunch-model-runner==0.4.2, ./basegame]\n"
            "    environment-timeout: 10m\n"
            "watcher: {interval: 200ms, poller: {type: yaml, path: models.yml}}\n"
            "crunches: [{id: game}]\n")

    def native(self):
        return [f"n{index}" for index in range(self.options.native)]

    def python(self):
        return [f"p{index}" for index in range(self.options.python)]

    def write(self, ids):
        lines = ["models:"]
        for name in ids:
            kind = "native" if name.startswith("n") else "python"
            submission = self.submission.get(name, f"{kind}-a")
            command = "" if kind == "python" else (
                f', command: ["{self.options.updraft}", fleet, --models, "1", --port, "{{port}}",'
                ' --orchestrator-port, "0", --crunch, game]')
            lines.append(f"- {{id: {name}, submission_id: {submission}, crunch_id: game,"
                         f" desired_state: RUNNING{command}}}")
        fresh = self.folder / "models.yml.new"
        fresh.write_text("\n".join(lines) + "\n")
        fresh.rename(self.folder / "models.yml")

    def program(self):
        return running([self.options.orchestrator, "--config", self.folder / "orchestrator.yml"])


def started(program):
    """How often each model has come to run."""
    counts = {}
    for line in program.log.splitlines():
        if "model running" in line:
            for word in line.split():
                if word.startswith("model="):
                    name = word[len("model="):].strip('"')
                    counts[name] = counts.get(name, 0) + 1
    return counts


def wait_until_running(program, ids, seconds):
    """Seconds until all of them run."""
    began = time.monotonic()
    wait_for(f"{len(ids)} models to run", seconds,
             lambda: len(started(program).keys() & set(ids)) == len(ids))
    return time.monotonic() - began


def change(game, program, ids, name):
    """Seconds from a new submission of `name` until it runs."""
    before = started(program)[name]
    kind = "native" if name.startswith("n") else "python"
    game.submission[name] = f"{kind}-b" if before % 2 else f"{kind}-a"
    began = time.monotonic()
    game.write(ids)
    wait_for(f"{name} to run again", 60, lambda: started(program)[name] > before, pause=0.01)
    return time.monotonic() - began


def survivors(folder):
    """The processes that carry a mark of this folder's orchestrator."""
    mark = f"UPDRAFT_MODEL={folder}/".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def measure(game, ids):
    figures = []
    with game.program() as program:
        figures.append((f"{len(ids)} models run", wait_until_running(program, ids, 300),
                        game.options.max_start))
        for kind, name, bound in (("native", "n0", game.options.max_native),
                                  ("python", "p0", game.options.max_python)):
            if name in ids:
                times = [change(game, program, ids, name) for _ in range(CHANGES)]
                figures.append((f"a change is live, {kind}, slowest of {CHANGES}", max(times),
                                bound))
                figures.append((f"a change is live, {kind}, median", percentile(times, 0.5), None))
        program.process.send_signal(signal.SIGKILL)
        program.process.wait()
        began = time.monotonic()
        wait_for("the models to end with their orchestrator", 10,
                 lambda: not survivors(game.folder))
        figures.append(("models end after SIGKILL of it", time.monotonic() - began, None))
    with game.program() as program:
        figures.append(("all run again", wait_until_running(program, ids, 300),
                        game.options.max_start))
        began = time.monotonic()
        program.stop()
        figures.append(("all stopped", time.monotonic() - began, 10))
    left = survivors(game.folder)
    if left:
        raise SystemExit(f"left behind: {left}")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--orchestrator", required=True)
    parser.add_argument("--updraft", required=True)
    parser.add_argument("--native", type=int, default=100)
    parser.add_argument("--python", type=int, default=10)
    parser.add_argument("--max-start", type=float, default=30)
    parser.add_argument("--max-native", type=float, default=3)
    parser.add_argument("--max-python", type=float, default=6)
    options = parser.parse_args()
    options.orchestrator = os.path.abspath(options.orchestrator)
    options.updraft = os.path.abspath(options.updraft)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="updraft-bench-"))
    folder.chmod(0o755)
    try:
        game = Game(folder, options)
        if options.python:
            game.write(["p0"])
            with game.program() as program:
                wait_until_running(program, ["p0"], 900)
        ids = game.native() + game.python()
        game.write(ids)
        figures = measure(game, ids)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    missed = False
    for name, seconds, bound in figures:
        limit = "" if bound is None else f"  (bound {bound:g} s)"
        missed = missed or (bound is not None and seconds > bound)
        print(f"{name:46} {seconds:7.2f} s{limit}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
