"""What secure mode costs: `updraft call` to many models over mutual TLS and over plain TCP.

Both fleets run on this machine, in turn, several times in one run. Prints a table and exits 1 when
a bound is not met: --max-connect-ms, --max-connect-cpu-ms, --max-round-factor (CPU of a round,
secure to plain), and no signature checked in a steady round. Run it by `make bench-secure`
(BENCH_ARGS="--models 200" for a quick look).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import machine
import stack

CRUNCH = "bench"
PREDICT = ["predict", "BTC", "i:86400", "i:300"]


def make_keys(updraft, folder):
    """An authority and the coordinator's files; their folders."""
    coordinator = folder / "coordinator"
    coordinator.mkdir()
    stack.run([updraft, "keys", "ca", "--dir", folder])
    stack.run([updraft, "keys", "cert", "--coordinator", "--ca", folder, "--dir", coordinator])
    return coordinator


def measure(options, fleet_options, call_options):
    """One fleet and one call of several rounds; its summary."""
    with stack.fleet(
            options.updraft, CRUNCH, "--models", str(options.models), "--reply-bytes",
            str(options.reply_bytes), "--seed", str(options.seed), *fleet_options) as port:
        done = subprocess.run(
            [options.updraft, "call", *PREDICT, "--orchestrator", f"127.0.0.1:{port}", "--crunch",
             CRUNCH, "--rounds", str(options.rounds), "--timeout", "60", "--json", *call_options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    if done.returncode != 0:
        raise SystemExit(f"bench: updraft call failed:\n{done.stderr[-4000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rounds, summary = lines[:-1], lines[-1]
    answered = sum(r["success"] for r in rounds)
    if answered != options.models * len(rounds):
        raise SystemExit(f"bench: only {answered} of {options.models * len(rounds)} calls succeeded"
                         f"\n{done.stderr[-2000:]}")
    # The first round warms caches up.
    summary["wall"] = statistics.median(r["wall_ms"] for r in rounds[1:])
    return summary


def row(name, summary):
    print(f"  {name:<8}{summary['connect_ms']:>12.0f}{summary['connect_cpu_ms']:>16.0f}"
          f"{summary['wall']:>14.1f}{summary['cpu_ms_per_round']:>14.1f}"
          f"{summary['rss_peak_mb']:>10.1f}{summary.get('delegation_checks', 0):>10}", flush=True)


def compare(options, coordinator, folder):
    """The median summaries of both kinds."""
    print(f"\npredict to {options.models} models, answers of {options.reply_bytes} bytes, "
          f"{options.rounds} rounds, {options.runs} runs of each in turn")
    print(f"  {'':<8}{'connect ms':>12}{'connect CPU ms':>16}{'median ms':>14}{'CPU ms/round':>14}"
          f"{'peak MB':>10}{'checks':>10}")
    kinds = {"plain": ([], []),
             "secure": (["--tls-dir", str(folder)], ["--tls-dir", str(coordinator)])}
    runs = {name: [] for name in kinds}
    for _ in range(options.runs):
        for name, words in kinds.items():
            summary = measure(options, *words)
            row(name, summary)
            runs[name].append(summary)
    keys = ("connect_ms", "connect_cpu_ms", "wall", "cpu_ms_per_round", "rss_peak_mb")
    return {name: {key: statistics.median(s[key] for s in of) for key in keys}
            | {"delegation_checks": max(s.get("delegation_checks", 0) for s in of)}
            for name, of in runs.items()}


def judge(options, medians):
    """The bounds that are not met."""
    secure, plain = medians["secure"], medians["plain"]
    factor = secure["cpu_ms_per_round"] / max(plain["cpu_ms_per_round"], 1e-3)
    memory = (secure["rss_peak_mb"] - plain["rss_peak_mb"]) * 1000 / options.models
    steady = secure["delegation_checks"] - options.models
    print(f"  medians: connected within {secure['connect_ms']:.0f} ms with "
          f"{secure['connect_cpu_ms']:.0f} ms of CPU (plain {plain['connect_ms']:.0f} and "
          f"{plain['connect_cpu_ms']:.0f}); a round takes {factor:.2f} × the CPU of plain, a "
          f"connection {memory:.0f} KB more; {steady} signatures checked in "
          f"{options.rounds} rounds")
    bounds = [
        (secure["connect_ms"] <= options.max_connect_ms,
         f"connecting took more than {options.max_connect_ms} ms"),
        (secure["connect_cpu_ms"] <= options.max_connect_cpu_ms,
         f"connecting took more than {options.max_connect_cpu_ms} ms of CPU"),
        (factor <= options.max_round_factor,
         f"a round took more than {options.max_round_factor} × the CPU of plain"),
        (steady == 0, "signatures were checked in steady rounds, or a model was not checked"),
    ]
    return [text for met, text in bounds if not met]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind, in turn")
    parser.add_argument("--reply-bytes", type=int, default=55_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-connect-ms", type=float, default=4000)
    parser.add_argument("--max-connect-cpu-ms", type=float, default=1600)
    parser.add_argument("--max-round-factor", type=float, default=2)
    return parser.parse_args()


def main():
    options = parse()
    print(machine.describe(options.seed))
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        failures = judge(options, compare(options, make_keys(options.updraft, folder), folder))
    for failure in failures:
        print(f"NOT MET: {failure}")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
