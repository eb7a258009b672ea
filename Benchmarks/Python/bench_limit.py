"""The fan-out beside what it could cost at best: every peer in turn, interleaved, medians.

The peers call the same `updraft fleet`, a process of its own: the limit program (libuv and nghttp2
in C, nothing else), `updraft call`, and where they are there C++ gRPC, grpc.aio and pip's
model-runner-client. Each run calls each peer once; a run's first round, which warms up, is left
out. Prints a table a part and exits 1 when a bound is not met. Run it by `make bench-limit`
(BENCH_ARGS="--parts predict --runs 3" for a quick look).
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Tests" / "Python"))
import stack  # noqa: E402

CRUNCH = "bench"
PREDICT = ["predict", "BTC", "i:86400", "i:300"]
RUN_SECONDS_MAX = 300
PARTS = ("predict", "scale", "tick")

# What must hold. Factors are of the limit program unless another peer is named.
CPU_FACTOR_MAX, WALL_FACTOR_MAX = 1.25, 1.3
PYTHON_FACTOR_MIN, GRPCPP_FACTOR_MIN = 60, 3
IDLE_KB_MAX = 25
DOUBLE_FACTOR_MAX = 2.2
TICK_FACTOR_MAX, TICK_MB_MAX = 1.3, 64


class Peer:
    """A client of the models: how it is called, and how many rounds tell something."""

    def __init__(self, name, command, rounds):
        self.name = name
        self.command = command
        self.rounds = rounds

    def run(self, models, rounds, tick_bytes=None):
        """The round objects without the first one, and the summary."""
        done = subprocess.run(
            [str(word) for word in self.command(models, rounds + 1, tick_bytes)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=RUN_SECONDS_MAX)
        if done.returncode != 0:
            raise SystemExit(f"bench: {self.name} failed:\n{done.stderr[-4000:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        answered = sum(line["success"] for line in lines[:-1])
        if answered != models * (rounds + 1):
            raise SystemExit(f"bench: {self.name}: {answered} of {models * (rounds + 1)} answered")
        return lines[1:-1], lines[-1]


class Figures:
    """What the runs of one peer gave."""

    def __init__(self):
        self.cpu, self.wall, self.idle, self.peak = [], [], [], []

    def add(self, rounds, summary):
        self.cpu.append(statistics.median(line["cpu_ms"] for line in rounds))
        self.wall.append(statistics.median(line["wall_ms"] for line in rounds))
        self.idle.append(summary.get("rss_idle_mb", float("nan")))
        self.peak.append(summary["rss_peak_mb"])

    def median(self, what):
        return statistics.median(getattr(self, what))

    def spread(self, what):
        """The smallest and the largest run's figure."""
        values = getattr(self, what)
        return f"{min(values):.0f}–{max(values):.0f}"


@contextlib.contextmanager
def fleet(options, models):
    """Runs the simulated models in a process of their own; gives the orchestrator's port."""
    command = [options.updraft, "fleet", "--models", models, "--port", options.port,
               "--orchestrator-port", 0, "--crunch", CRUNCH, "--reply-bytes", options.reply_bytes,
               "--seed", options.seed]
    with stack.running(command) as program:
        yield int(program.said(r"ws://127\.0\.0\.1:(\d+)/")[1])


def history(path, limit):
    """Minute prices as the other peers make them, at most `limit` bytes of points."""
    point = len("[1795345314.0, 100000.25], ")
    points = [[1795345314.0 + 60 * i, 100000.25] for i in range(limit // point)]
    path.write_text(json.dumps({"BTC": points}))
    return path


def make_peers(options, orchestrator, folder):
    """The peers that are there, the limit first and updraft second."""
    def ports(program):
        def command(models, rounds, tick_bytes):
            method = (["--method", "tick", "--arg-bytes", tick_bytes] if tick_bytes
                      else ["--method", "predict"])
            return [*program, "--port", options.port, "--models", models, "--rounds", rounds,
                    "--timeout", 60, *method]
        return command

    def orchestrated(program, *more):
        def command(models, rounds, tick_bytes):
            call = (["tick", f"@{history(folder / f'{tick_bytes}.json', tick_bytes)}"]
                    if tick_bytes else PREDICT)
            return [*program, *call, "--orchestrator", f"127.0.0.1:{orchestrator}",
                    "--crunch", CRUNCH, "--rounds", rounds, "--timeout", 60, *more]
        return command

    peers = [
        Peer("limit", ports([options.limit]), options.rounds),
        Peer("updraft call", orchestrated([options.updraft, "call"], "--json"), options.rounds),
    ]
    if options.loops > 1:
        peers.append(Peer(
            f"… {options.loops} loops",
            orchestrated([options.updraft, "call", "--loops", options.loops], "--json"),
            options.rounds))
    if options.grpcpp and pathlib.Path(options.grpcpp).exists():
        peers.append(Peer("C++ gRPC", ports([options.grpcpp]), 8))
    if options.python:
        peers.append(Peer("grpc.aio", ports([options.python, HERE / "aio_peer.py"]), 3))
        client = HERE.parents[1] / "Tests" / "Python" / "client_call.py"
        peers.append(Peer("model-runner-client", orchestrated([options.python, client]), 2))
    return peers


def measure(peers, runs, models, rounds=None, tick_bytes=None):
    """Every peer once a run, in turn."""
    figures = {peer.name: Figures() for peer in peers}
    for _ in range(runs):
        for peer in peers:
            figures[peer.name].add(*peer.run(models, rounds or peer.rounds, tick_bytes))
    return figures


def table(title, figures, models):
    print(f"\n{title}")
    print(f"  {'':<20}{'CPU ms':>9}{'':>14}{'time ms':>10}{'':>14}{'µs CPU/call':>13}"
          f"{'× limit CPU':>13}{'× time':>8}{'idle MB':>9}{'peak MB':>9}")
    limit = figures["limit"]
    for name, own in figures.items():
        cpu, wall = own.median("cpu"), own.median("wall")
        print(f"  {name:<20}{cpu:>9.1f}{own.spread('cpu'):>14}{wall:>10.1f}"
              f"{own.spread('wall'):>14}{cpu * 1e3 / models:>13.1f}"
              f"{cpu / limit.median('cpu'):>13.2f}{wall / limit.median('wall'):>8.2f}"
              f"{own.median('idle'):>9.1f}{own.median('peak'):>9.1f}", flush=True)


class Bounds:
    """Says of each bound whether it is met."""

    def __init__(self):
        self.failures = []

    def check(self, what, value, most=None, least=None):
        is_met = value <= most if most is not None else value >= least
        bound = f"at most {most}" if most is not None else f"at least {least}"
        print(f"  {'ok     ' if is_met else 'NOT MET'} {what}: {value:.2f}, {bound}", flush=True)
        if not is_met:
            self.failures.append(what)


def part_predict(options, bounds, folder):
    with fleet(options, 1) as orchestrator:
        alone = measure(make_peers(options, orchestrator, folder)[:2], 3, 1, rounds=1)
    with fleet(options, options.models) as orchestrator:
        figures = measure(
            make_peers(options, orchestrator, folder), options.runs, options.models)
    table(f"predict to {options.models} models, answers of {options.reply_bytes} bytes, "
          f"{options.runs} runs", figures, options.models)
    ours, limit = figures["updraft call"], figures["limit"]
    bounds.check("CPU of a round, × limit", ours.median("cpu") / limit.median("cpu"),
                 most=CPU_FACTOR_MAX)
    bounds.check("time of a round, × limit", ours.median("wall") / limit.median("wall"),
                 most=WALL_FACTOR_MAX)
    for name, what, factor in (
            ("model-runner-client", "cpu", PYTHON_FACTOR_MIN),
            ("model-runner-client", "wall", PYTHON_FACTOR_MIN),
            ("C++ gRPC", "cpu", GRPCPP_FACTOR_MIN)):
        if name in figures:
            bounds.check(f"{what} of {name}, × updraft",
                         figures[name].median(what) / ours.median(what), least=factor)
    for name in ("limit", "updraft call"):
        base, own = alone[name].median("idle"), figures[name]
        per_model = [(own.median(what) - base) * 1048.576 / (options.models - 1)
                     for what in ("idle", "peak")]
        answer_kb = options.reply_bytes / 1000
        print(f"  {name}: {base:.1f} MB with one model, then {per_model[0]:.1f} KB a connection, "
              f"{per_model[1]:.1f} KB with its answer of {answer_kb:.1f}")
    bounds.check("KB of an idle connection", per_model[0], most=IDLE_KB_MAX)
    bounds.check("KB of a connection beside its answer", per_model[1] - answer_kb,
                 most=IDLE_KB_MAX)


def part_scale(options, bounds, folder):
    figures = {}
    for _ in range(options.runs):
        for models in (options.models, 2 * options.models):
            with fleet(options, models) as orchestrator:
                peers = make_peers(options, orchestrator, folder)[:2]
                for name, own in measure(peers, 1, models).items():
                    kept = figures.setdefault((models, name), Figures())
                    for what in ("cpu", "wall", "idle", "peak"):
                        getattr(kept, what).extend(getattr(own, what))
    for models in (options.models, 2 * options.models):
        table(f"predict to {models} models, {options.runs} runs",
              {name: own for (count, name), own in figures.items() if count == models}, models)
    for what in ("cpu", "wall"):
        single, double = (figures[count, "updraft call"].median(what)
                          for count in (options.models, 2 * options.models))
        bounds.check(f"{what} of twice the models, × single", double / single,
                     most=DOUBLE_FACTOR_MAX)


def part_tick(options, bounds, folder):
    with fleet(options, options.models) as orchestrator:
        peers = make_peers(options, orchestrator, folder)[:2]
        small = measure(peers, 1, options.models, rounds=1, tick_bytes=100)
        figures = measure(
            peers, options.runs, options.models, rounds=2, tick_bytes=options.tick_bytes)
    table(f"tick of {options.tick_bytes / 1e6:.2f} MB to {options.models} models, "
          f"{options.runs} runs", figures, options.models)
    ours, limit = figures["updraft call"], figures["limit"]
    bounds.check("time of a tick, × limit", ours.median("wall") / limit.median("wall"),
                 most=TICK_FACTOR_MAX)
    bounds.check("MB that a tick adds", ours.median("peak") - small["updraft call"].median("peak"),
                 most=TICK_MB_MAX)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--limit", required=True, metavar="PROGRAM")
    parser.add_argument("--grpcpp", metavar="PROGRAM", help="left out when it isn't there")
    parser.add_argument("--python", metavar="PROGRAM",
                        help="of the environment with model-runner-client; left out without it")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=20, help="of a run, after the first")
    parser.add_argument("--loops", type=int, default=1, help="more than 1: also with that many")
    parser.add_argument("--reply-bytes", type=int, default=55_000)
    parser.add_argument("--tick-bytes", type=int, default=4_660_000)
    parser.add_argument("--port", type=int, default=20_000, help="the first of the fleet's ports")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    unknown = set(options.parts.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"--parts: {', '.join(sorted(unknown))} is none of {', '.join(PARTS)}")
    return options


def main():
    options = parse()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True,
                            text=True, cwd=HERE).stdout.strip() or "unknown"
    load = os.getloadavg()[0]
    print(f"{time.strftime('%Y-%m-%d %H:%M')} commit {commit}, seed {options.seed}, "
          f"{os.cpu_count()} cores, load {load:.1f}, {platform.platform()}")
    bounds = Bounds()
    parts = {"predict": part_predict, "scale": part_scale, "tick": part_tick}
    with tempfile.TemporaryDirectory() as folder:
        for part in options.parts.split(","):
            parts[part](options, bounds, pathlib.Path(folder))
    print(f"\n{'all bounds are met' if not bounds.failures else 'NOT MET: '}"
          f"{'; '.join(bounds.failures)}")
    raise SystemExit(1 if bounds.failures else 0)


if __name__ == "__main__":
    main()
