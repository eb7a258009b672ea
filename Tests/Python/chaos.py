"""A crowd with every fault at once, for many rounds: does anything give way?

Of the models of one `updraft fleet`, a share each hangs, resets, answers garbage, answers too much,
refuses connections and hangs up after each call. `updraft call` asks them round after round under
both policies; reports are withheld, so that the bad ones stay. Checked: each round has one result
per model that is set up, and a success from every healthy one; rounds end in time; memory and file
descriptors are flat after round 20; one closed port and one hung Setup delay nobody's first tick.
Exits 1 when one of these doesn't hold. Run it by `make chaos` (CHAOS_ARGS="--models 200").
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

import stack

CRUNCH = "chaos"
SETTLED = 20
FAULTS = ["hang", "reset", "garbage", "oversize", "refuse", "flap"]
RSS_GROWTH_MAX = 1.05
RSS_SLACK_MB = 4
FDS_SLACK = 32


def fleet(options, *faults):
    """Runs the models and their orchestrator; gives the orchestrator's port."""
    return stack.fleet(options.updraft, CRUNCH, "--models", options.models, "--seed", options.seed,
                       "--reply-bytes", options.reply_bytes, *faults)


def client(options, port, *arguments):
    return [options.updraft, "call", *arguments, "--json", "--orchestrator", f"127.0.0.1:{port}",
            "--crunch", CRUNCH, "--no-report"]


def sample(pid):
    """Resident MB and open descriptors of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def play(options, policy):
    """All rounds under one policy: the round objects, each with its `rss` and `fds`."""
    shares = [word for fault in FAULTS for word in (f"--{fault}-fraction", str(options.share))]
    rounds = []
    with fleet(options, *shares) as port, tempfile.TemporaryFile("w+") as errors:
        command = client(options, port, "predict", "BTC", "i:3600", "i:60", "--rounds",
                         str(options.rounds), "--timeout", f"{options.timeout_ms}ms",
                         "--interval", f"{options.timeout_ms}ms", "--breaker", policy,
                         "--connect-wait", "1500ms")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            for line in process.stdout:
                made = json.loads(line)
                if made.get("summary"):
                    continue
                made["rss"], made["fds"] = sample(process.pid)
                rounds.append(made)
            status = process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if status != 0 or len(rounds) != options.rounds:
            errors.seek(0)
            raise SystemExit(f"chaos: the client ended with {status} after {len(rounds)} rounds:\n"
                             f"{errors.read()[-4000:]}")
    return rounds


def judge(options, policy, rounds, failures):
    bad = int(options.share * options.models + 1e-9)
    healthy = options.models - bad * len(FAULTS)
    for made in rounds:
        answered = made["success"] + made["failed"] + made["timeout"]
        if answered != options.models - bad:
            failures.append(f"{policy}: round {made['round']} has {answered} results")
        if made["success"] < healthy:
            failures.append(f"{policy}: round {made['round']}: only {made['success']} successes")
    walls = [made["wall_ms"] for made in rounds]
    p99, limit = stack.percentile(walls, 0.99), options.timeout_ms + options.slack_ms
    if p99 > limit:
        failures.append(f"{policy}: p99 of the round time is {p99:.0f} ms, at most {limit}")
    if len(rounds) >= 3 * SETTLED:
        early, late = rounds[SETTLED:2 * SETTLED], rounds[-SETTLED:]
        for name, allowed in (("rss", lambda v: v * RSS_GROWTH_MAX + RSS_SLACK_MB),
                              ("fds", lambda v: v + FDS_SLACK)):
            first, last = (max(made[name] for made in part) for part in (early, late))
            if last > allowed(first):
                failures.append(f"{policy}: {name} grew from {first:.0f} to {last:.0f}")


def table(policy, rounds):
    print(f"\npolicy {policy}\n  {'rounds':<12}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
          f"{'success':>9}{'failed':>9}{'timeout':>9}{'sent':>9}{'RSS MB':>9}{'fds':>7}")
    step = max(SETTLED, len(rounds) // 10)
    for start in range(0, len(rounds), step):
        part = rounds[start:start + step]
        walls = [made["wall_ms"] for made in part]
        mean = [sum(made[key] for made in part) / len(part)
                for key in ("success", "failed", "timeout", "sent")]
        print(f"  {f'{start + 1}-{start + len(part)}':<12}{stack.percentile(walls, 0.5):>9.1f}"
              f"{stack.percentile(walls, 0.99):>9.1f}{max(walls):>9.1f}"
              + "".join(f"{value:>9.1f}" for value in mean)
              + f"{max(m['rss'] for m in part):>9.1f}{max(m['fds'] for m in part):>7}")
    walls = [made["wall_ms"] for made in rounds]
    print(f"  all: p50 {stack.percentile(walls, 0.5):.1f}, p90 {stack.percentile(walls, 0.9):.1f}, "
          f"p99 {stack.percentile(walls, 0.99):.1f}, max {max(walls):.1f} ms", flush=True)


def first_tick(options, failures):
    """One hung Setup and one closed port: how soon are the others ticked?"""
    one = str(1 / options.models)
    with fleet(options, "--setup-hang-fraction", one, "--refuse-fraction", one) as port:
        done = subprocess.run(
            client(options, port, "tick", "j:{}", "--timeout", "5s", "--connect-wait", "1500ms"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"chaos: the first tick failed:\n{done.stderr[-4000:]}")
    made, summary = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"\none closed port, one hung Setup: {made['sent']} of {options.models} ticked "
          f"{summary['connect_ms']:.0f} ms after the start, in {made['wall_ms']:.0f} ms")
    if made["success"] != options.models - 2 or summary["connect_ms"] > 2000:
        failures.append("the first tick was late, or didn't reach every healthy model")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--share", type=float, default=0.05, help="of each fault")
    parser.add_argument("--timeout-ms", type=int, default=500)
    parser.add_argument("--slack-ms", type=int, default=50, help="that p99 may exceed the timeout")
    parser.add_argument("--reply-bytes", type=int, default=20_000)
    parser.add_argument("--policy", action="append", choices=["fair", "compatible"])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    print(f"{options.models} models, {options.share:.0%} of each of {', '.join(FAULTS)}; "
          f"{options.rounds} rounds, timeout {options.timeout_ms} ms, seed {options.seed}, "
          f"{os.cpu_count()} cores")
    failures = []
    for policy in options.policy or ["fair", "compatible"]:
        rounds = play(options, policy)
        table(policy, rounds)
        judge(options, policy, rounds, failures)
    first_tick(options, failures)
    for failure in failures[:20]:
        print(f"NOT MET: {failure}")
    print("FAIL" if failures else "PASS")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
