"""What one call costs in allocations, system calls and instructions, against committed baselines.

Counts don't depend on the machine's speed or load as times do, so that continuous integration can
gate on them. `bench-counts` calls a small fleet, whose answers are like a day's densities: once for
few rounds, once for many, and the difference is what the calls cost. Allocations are counted by a
preloaded library, reads and writes by strace, instructions by callgrind.

Exits 1 when a count is off its baseline by more than its tolerance, in either direction: what got
cheaper is to be kept. `--renew` writes the baselines anew. Run it by `make counts`.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Tests" / "Python"))
import stack  # noqa: E402

BASELINES = HERE.parent / "baselines.json"
MODELS, FEW, MANY = 20, 5, 55
RUN_SECONDS_MAX = 240
# What is counted, and by how much it may differ from its baseline.
TOLERANCES = {
    "allocations": 0.02,
    "reads and writes": 0.05,
    "memory system calls": 0.05,
    "instructions": 0.05,
}
# Waiting (epoll, futex) depends on how many answers come while a thread sleeps: not gated.
MOVING = {"read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg"}
MEMORY = {"mmap", "munmap", "mremap", "brk", "madvise", "mprotect"}
# What a count may always differ by: one system call in twenty calls, of 1,000 that are made.
SLACK = 0.05


def run(options, port, rounds, before=(), environment=None):
    """One run of bench-counts; what it said on standard error."""
    done = subprocess.run(
        [*before, options.program, str(port), str(MODELS), str(rounds)],
        env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=RUN_SECONDS_MAX)
    if done.returncode != 0:
        raise SystemExit(f"counts: {' '.join(map(str, before[:1])) or 'bench-counts'} failed:\n"
                         f"{done.stderr[-4000:]}")
    return done.stderr


def allocations(options, port, rounds, folder):
    file = folder / "allocations"
    run(options, port, rounds, environment={
        "LD_PRELOAD": str(options.shim), "ALLOCATIONS_FILE": str(file)})
    return {"allocations": int(file.read_text())}


def system_calls(options, port, rounds, folder):
    file = folder / "strace"
    run(options, port, rounds, before=["strace", "-f", "-c", "-o", str(file)])
    counts = {}
    for line in file.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and re.fullmatch(r"[\d.]+", words[0]) and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return {"reads and writes": sum(counts.get(name, 0) for name in MOVING),
            "memory system calls": sum(counts.get(name, 0) for name in MEMORY)}


def instructions(options, port, rounds, folder):
    # Without debug information: valgrind gives up on Swift's.
    bare = argparse.Namespace(program=str(folder / "bench-counts"))
    stack.run(["strip", "--strip-debug", "-o", bare.program, options.program])
    said = run(bare, port, rounds, before=[
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind'}"])
    found = re.search(r"Collected : (\d+)", said)
    if not found:
        raise SystemExit(f"counts: callgrind said no total:\n{said[-2000:]}")
    return {"instructions": int(found[1])}


def measure(options):
    """Each count of one call."""
    calls = MODELS * (MANY - FEW)
    counts = {}
    fleet = [options.updraft, "fleet", "--models", MODELS, "--port", 0, "--orchestrator-port", 0,
             "--crunch", "counts", "--reply-bytes", 55_000, "--seed", 1]
    with stack.running(fleet) as program, tempfile.TemporaryDirectory() as folder:
        port = int(program.said(r"ws://127\.0\.0\.1:(\d+)/")[1])
        for count in (allocations, system_calls, instructions):
            few, many = (count(options, port, rounds, pathlib.Path(folder))
                         for rounds in (FEW, MANY))
            for name, value in many.items():
                counts[name] = round((value - few[name]) / calls, 2)
    return counts


def versions():
    """What the counts depend on beside this code."""
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    libraries = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", "libc6", "libnghttp2-14", "libuv1"],
        capture_output=True, text=True).stdout.split("\n")
    found = re.search(r"Swift version \S+", swift)
    return [found[0] if found else "Swift unknown", *filter(None, libraries),
            platform.machine()]


def compare(counts, baselines):
    """Prints both; the names of those that are off."""
    off = []
    print(f"counts of one call ({MODELS} models, answers of 55 KB)")
    print(f"  {'':<22}{'baseline':>12}{'now':>12}{'difference':>12}{'allowed':>10}")
    for name, tolerance in TOLERANCES.items():
        old, new = baselines.get(name), counts[name]
        if old is None:
            raise SystemExit(f"counts: {BASELINES.name} has no \"{name}\"; renew it (--renew)")
        is_off = abs(new - old) > max(tolerance * old, SLACK)
        share = f"{(new / old - 1) * 100:+.1f} %" if old else f"{new - old:+.2f}"
        print(f"  {name:<22}{old:>12}{new:>12}{share:>12}{f'±{tolerance * 100:.0f} %':>10}"
              f"{'   OFF' if is_off else ''}")
        if is_off:
            off.append(name)
    return off


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="bench-counts, a release build")
    parser.add_argument("--shim", required=True, help="allocations.so")
    parser.add_argument("--updraft", required=True, help="for the fleet; any build")
    parser.add_argument("--renew", action="store_true", help="write the baselines anew")
    options = parser.parse_args()
    counts = measure(options)
    if options.renew:
        BASELINES.write_text(json.dumps(
            {"measured with": versions(), "of one call": counts}, indent=2) + "\n")
        print(f"wrote {BASELINES}:\n{BASELINES.read_text()}", end="")
        return
    baselines = json.loads(BASELINES.read_text())
    off = compare(counts, baselines["of one call"])
    if not off:
        print("all counts are as they were")
        return
    if baselines["measured with"] != versions():
        print(f"measured with {', '.join(baselines['measured with'])};\n"
              f"now          {', '.join(versions())}")
    print(f"off: {', '.join(off)}. If that is meant, say why in docs/performance.md and renew the "
          "baselines: make counts COUNTS_ARGS=--renew")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
