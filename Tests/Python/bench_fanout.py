"""One predict to many models: pip's model-runner-client and `updraft call`, in turn, in one run.

Both call the same `updraft fleet` on this machine. Prints a table and exits 1 when a bound of
--min-speedup, --max-kb-per-model, --max-tick-mb or --max-deadline-ms is not met. Run it by
`make bench-fanout` (BENCH_ARGS="--models 200" for a quick look).
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import machine

HERE = pathlib.Path(__file__).parent
CRUNCH = "bench"
START_SECONDS_MAX = 120
PREDICT = ["predict", "BTC", "i:86400", "i:300"]


@contextlib.contextmanager
def fleet(options, models, *faults):
    """Runs `updraft fleet` until the block ends."""
    command = [
        options.updraft, "fleet", "--models", str(models), "--port", str(options.port),
        "--orchestrator-port", str(options.orchestrator_port), "--crunch", CRUNCH,
        "--reply-bytes", str(options.reply_bytes), "--seed", str(options.seed), *faults,
    ]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while not accepts(options.orchestrator_port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise SystemExit(f"bench: the fleet did not start:\n{log.read()[-4000:]}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def measure(command, options, call, rounds, timeout, *more):
    """Runs one client; the round objects and the summary."""
    done = subprocess.run(
        [*command, *call, "--orchestrator", f"127.0.0.1:{options.orchestrator_port}",
         "--crunch", CRUNCH, "--rounds", str(rounds), "--timeout", str(timeout), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=1800)
    if done.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{done.stderr[-4000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1]


def python_client(options, *arguments):
    return measure([sys.executable, str(HERE / "client_call.py")], options, *arguments)


def updraft_call(options, *arguments):
    return measure([options.updraft, "call"], options, *arguments, "--json")


def row(name, summary, rounds):
    # The first round warms connections and caches up, in both clients.
    walls = [r["wall_ms"] for r in rounds[1:]] or [rounds[0]["wall_ms"]]
    answered = sum(r["success"] for r in rounds)
    asked = summary["connected"] * len(rounds)
    print(f"  {name:<22}{summary['connected']:>7}{summary['connect_ms']:>12.0f}"
          f"{statistics.median(walls):>12.1f}{summary['wall_ms']['max']:>12.1f}"
          f"{summary['cpu_ms_per_round']:>14.1f}{summary['rss_peak_mb']:>12.1f}"
          f"{answered:>10}/{asked}", flush=True)
    if answered != asked:
        raise SystemExit(f"bench: {name}: only {answered} of {asked} calls succeeded")
    return statistics.median(walls), summary["cpu_ms_per_round"]


def bench_predict(options, failures):
    print(f"\npredict to {options.models} models, answers of {options.reply_bytes} bytes, "
          f"{options.rounds} rounds each")
    print(f"  {'':<22}{'models':>7}{'connect ms':>12}{'median ms':>12}{'max ms':>12}"
          f"{'CPU ms/round':>14}{'peak MB':>12}{'answered':>12}")
    with fleet(options, 1):
        _, alone = updraft_call(options, PREDICT, 2, 60)
    with fleet(options, options.models):
        figures = {}
        for name, call, more in (
                ("model-runner-client", python_client, ()), ("updraft call", updraft_call, ()),
                ("updraft call --check", updraft_call, ("--check",))):
            rounds, summary = call(options, PREDICT, options.rounds, 60, *more)
            figures[name] = row(name, summary, rounds)
    wall, cpu = (
        figures["model-runner-client"][i] / max(figures["updraft call"][i], 1e-3) for i in (0, 1))
    # Peak memory beyond that of the program with a single model.
    added = summary["rss_peak_mb"] - alone["rss_peak_mb"]
    per_model = added * 1000 / max(1, options.models - 1)
    print(f"  {wall:.0f} × faster, {cpu:.0f} × less CPU per round; "
          f"updraft call: {alone['rss_peak_mb']:.0f} MB with one model, "
          f"then {per_model:.0f} KB per model with its answer")
    if min(wall, cpu) < options.min_speedup:
        failures.append(f"less than {options.min_speedup} × faster or less CPU")
    if per_model > options.max_kb_per_model:
        failures.append(f"more than {options.max_kb_per_model} KB per model")


def history(byte_count):
    """A tick of minute prices, about `byte_count` bytes of JSON."""
    point = len("[1795345314.0, 100000.25], ")
    points = [[1795345314.0 + 60 * i, 100000.25] for i in range(byte_count // point)]
    return json.dumps({"BTC": points})


def bench_tick(options, failures):
    models = options.models // 2
    with tempfile.NamedTemporaryFile("w", suffix=".json") as small, \
            tempfile.NamedTemporaryFile("w", suffix=".json") as large:
        for file, size in ((small, 100), (large, options.tick_bytes)):
            file.write(history(size))
            file.flush()
        print(f"\ntick of {os.path.getsize(large.name) / 1e6:.2f} MB to {models} models")
        with fleet(options, models):
            _, before = updraft_call(options, ["tick", "@" + small.name], 1, 60)
            rounds, after = updraft_call(options, ["tick", "@" + large.name], 1, 60)
    added = after["rss_peak_mb"] - before["rss_peak_mb"]
    print(f"  updraft call: {rounds[0]['wall_ms']:.0f} ms, {added:.1f} MB more memory, "
          f"{rounds[0]['success']}/{models} took it")
    if added > options.max_tick_mb or rounds[0]["success"] != models:
        failures.append(f"the tick added more than {options.max_tick_mb} MB, or was not taken")


def bench_deadline(options, failures):
    print(f"\npredict to {options.models} models, 10 % of them hang, timeout 1 s")
    with fleet(options, options.models, "--hang-fraction", "0.1"):
        rounds, _ = updraft_call(options, PREDICT, 1, 1)
    wall = rounds[0]["wall_ms"]
    print(f"  updraft call: {wall:.0f} ms, {rounds[0]['success']} success, "
          f"{rounds[0]['timeout']} timeout")
    if wall > options.max_deadline_ms or rounds[0]["timeout"] == 0:
        failures.append(f"the round took more than {options.max_deadline_ms} ms, or nobody hung")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--reply-bytes", type=int, default=55_000)
    parser.add_argument("--tick-bytes", type=int, default=4_660_000)
    parser.add_argument("--port", type=int, default=20_000, help="the first of the fleet's ports")
    parser.add_argument("--orchestrator-port", type=int, default=19_091)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--min-speedup", type=float, default=50)
    parser.add_argument("--max-kb-per-model", type=float, default=100)
    parser.add_argument("--max-tick-mb", type=float, default=100)
    parser.add_argument("--max-deadline-ms", type=float, default=1050)
    return parser.parse_args()


def main():
    options = parse()
    print(machine.describe(options.seed))
    failures = []
    bench_predict(options, failures)
    bench_tick(options, failures)
    bench_deadline(options, failures)
    for failure in failures:
        print(f"NOT MET: {failure}")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
