"""The same faults to pip's model-runner-client and to `updraft call`: equal outcomes, side by side.

Each script of the folder `parity` is served by a fresh `updraft fleet --script` to each client. An
outcome sequence has one letter a round: S success, F failed, T timeout, t a timeout of a call that
was skipped, and - for a model that isn't asked any more; behind it the reports, each with the round
that it followed. Exits 1 when a pair differs. Run it by `make parity` (PARITY_ARGS="--only 06").
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import stack

HERE = pathlib.Path(__file__).parent
CRUNCH = "parity"
DEFAULTS = {"rounds": 6, "failures": 3, "timeouts": 3, "timeout": 0.6, "interval": 1.8, "sent": ""}


def settings(script):
    """The line `#: name=value ...` of a script, with the defaults."""
    found = dict(DEFAULTS)
    for name, value in re.findall(r"(\w+)=(\S+)", script.read_text().split("\n", 1)[0]):
        found[name] = type(DEFAULTS[name])(value)
    return found


def outcomes(command, options, script, updraft):
    """Runs one client against a fresh fleet; its sequence and the rounds with a real call."""
    with stack.fleet(updraft, CRUNCH, "--models", 1, "--script", script) as port:
        done = subprocess.run(
            [*command, "predict", "BTC", "i:3600", "i:300", "--orchestrator", f"127.0.0.1:{port}",
             "--crunch", CRUNCH, "--rounds", str(options["rounds"]),
             "--timeout", str(options["timeout"]), "--interval", str(options["interval"]),
             "--max-failures", str(options["failures"]), "--max-timeouts", str(options["timeouts"]),
             "--results"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    # Our client exits 1 when nobody was called at all, which a script may well want.
    if not lines or not lines[-1].get("summary"):
        raise RuntimeError(f"{command[-1]} failed:\n{done.stderr[-2000:]}")
    rounds, summary = lines[:-1], lines[-1]
    letters = "".join(letter(r) for r in rounds)
    sent = [r["round"] for r in rounds if r["sent"]]
    last = len(letters.rstrip("-"))
    reports = "".join(f" {r['failure_code']}@{last}" for r in summary["reports"])
    return letters + reports, sent


def letter(round_object):
    results = round_object["results"]
    if not results:
        return "-"
    first = results[0]["status"][0]
    return first.lower() if (results[0]["detail"] or "").startswith("PREEMPTIVE_SKIP") else first


def compare(script, updraft):
    options = settings(script)
    theirs, their_calls = outcomes(
        [sys.executable, str(HERE / "client_call.py")], options, script, updraft)
    ours, our_calls = outcomes(
        [updraft, "call", "--json", "--breaker", "compatible"], options, script, updraft)
    wanted = [int(number) for number in options["sent"].split(",") if number]
    same = theirs == ours and their_calls == our_calls
    as_wanted = not wanted or our_calls == wanted
    return script.stem, theirs, ours, same and as_wanted, [their_calls, our_calls]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updraft", required=True, metavar="PROGRAM")
    parser.add_argument("--only", default="", metavar="TEXT", help="scripts with it in their name")
    parser.add_argument("--jobs", type=int, default=4, help="scripts at once; rounds mostly wait")
    return parser.parse_args()


def main():
    options = parse()
    scripts = sorted(p for p in (HERE / "parity").glob("*.txt") if options.only in p.stem)
    if not scripts:
        raise SystemExit(f"parity: no script has \"{options.only}\" in its name")
    print("S success, F failed, T timeout, t skipped, - not asked; reports @ the round they "
          f"followed\n{len(scripts)} scripts, policy compatible\n")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for script, run in [(s, pool.submit(compare, s, options.updraft)) for s in scripts]:
            try:
                name, theirs, ours, passed, calls = run.result()
            except (RuntimeError, SystemExit, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL  {script.stem}: {error}", flush=True)
                continue
            print(f"{'PASS' if passed else 'FAIL'}  {name}\n"
                  f"      model-runner-client  {theirs}\n      updraft call         {ours}",
                  flush=True)
            if not passed:
                failed += 1
                print(f"      real calls in rounds {calls[0]} and {calls[1]}", flush=True)
    print(f"\n{len(scripts) - failed} of {len(scripts)} scripts give the same outcomes")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
