#!/usr/bin/env python3
"""Builds the fuzz targets, replays what once went wrong, then fuzzes each target for a while.

Inputs are kept as text: `Seeds/TARGET/NAME.hex` and `Regressions/TARGET/NAME.hex` hold hexadecimal
bytes; lines that begin with # are comments. What a run learns is kept in .build-fuzz/corpus.
A crash ends with exit code 1, the input in artefacts/fuzz and the command that replays it.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-fuzz"
ARTEFACTS = ROOT / "artefacts" / "fuzz"
INPUT_BYTES_MAX = 16384
# One input takes microseconds; seconds mean that its cost explodes.
INPUT_SECONDS_MAX = 5
# The runtime is in the toolchain, but only the compiler's driver would link it with a main of its
# own, which a Swift program has too; so it is named here.
RUNTIME = "libclang_rt.fuzzer_no_main-*.a"


def say(text):
    print(f"fuzz: {text}", flush=True)


def toolchain():
    """The folder of the Swift toolchain."""
    swift = shutil.which("swift")
    if swift is None:
        sys.exit("fuzz: swift is not on the PATH")
    info = subprocess.run(
        ["swiftc", "-print-target-info"], check=True, capture_output=True, text=True).stdout
    found = re.search(r'"runtimeResourcePath": "(.*)/lib/swift"', info)
    return pathlib.Path(found[1]) if found else pathlib.Path(swift).resolve().parent.parent


def build():
    """Builds the program and returns its path and the toolchain's folder."""
    usr = toolchain()
    machine = os.uname().machine
    pattern = RUNTIME.replace("*", machine)
    runtimes = sorted(usr.glob(f"lib/clang/*/lib/*/{pattern}"))
    if not runtimes:
        sys.exit(f"fuzz: {usr} has no libFuzzer ({pattern}); use a toolchain from swift.org")
    command = [
        "swift", "build", "-c", "release", "--package-path", str(HERE), "--scratch-path",
        str(BUILD), "--explicit-target-dependency-import-check", "error",
        "--sanitize", "address",
        # To the compiler only, not to the driver: see RUNTIME.
        "-Xswiftc", "-Xfrontend", "-Xswiftc", "-sanitize=address,fuzzer",
        "-Xswiftc", "-enable-testing",
        "-Xcc", "-fsanitize=fuzzer-no-link", "-Xcxx", "-fsanitize=fuzzer-no-link",
        "-Xswiftc", "-use-ld=lld", "-Xlinker", str(runtimes[-1]), "-Xlinker", "-lstdc++",
    ]
    started = time.monotonic()
    say("building (the first time takes some minutes)")
    if subprocess.run(command + ["--product", "fuzz"]).returncode != 0:
        sys.exit("fuzz: the targets don't build")
    place = subprocess.run(
        command + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    say(f"built in {time.monotonic() - started:.0f} s")
    return pathlib.Path(place) / "fuzz", usr


def environment(usr):
    """Where the sanitizer finds its symbols; Swift's own crash reporter would get in its way."""
    variables = dict(os.environ, SWIFT_BACKTRACE="enable=no")
    symbolizer = usr / "bin" / "llvm-symbolizer"
    if symbolizer.exists():
        variables["ASAN_SYMBOLIZER_PATH"] = str(symbolizer)
    return variables


def hex_bytes(path):
    """The bytes that a .hex file stands for."""
    lines = path.read_text(encoding="ascii").splitlines()
    return bytes.fromhex("".join(line for line in lines if not line.startswith("#")))


def unpack(source, folder):
    """Writes the inputs of a folder of .hex files as they are fed, and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for path in sorted(source.glob("*.hex")):
        place = folder / path.stem
        place.write_bytes(hex_bytes(path))
        paths.append(str(place))
    return paths


def hex_text(data, comment):
    """The text of a .hex file."""
    digits = data.hex()
    lines = [digits[start:start + 96] for start in range(0, len(digits), 96)]
    return "\n".join([f"# {comment}", *lines]) + "\n"


def write_seeds(program, variables):
    """Writes Seeds anew, from the real writers of the same protocols."""
    output = subprocess.run(
        [program, "seeds"], check=True, capture_output=True, text=True, env=variables).stdout
    for line in output.splitlines():
        target, name, digits = line.split(" ")
        path = HERE / "Seeds" / target / f"{name}.hex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(hex_text(bytes.fromhex(digits), f"{target}: {name}"), encoding="ascii")
    say(f"wrote {len(output.splitlines())} seeds")


def run(program, target, arguments, variables, log):
    """Runs a target and returns its exit code."""
    command = [
        str(program), "run", target, f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={INPUT_SECONDS_MAX}", "-rss_limit_mb=2048", "-malloc_limit_mb=256",
        f"-artifact_prefix={ARTEFACTS}/{target}-", *arguments,
    ]
    with log.open("w", encoding="utf-8", errors="replace") as output:
        return subprocess.run(command, stdout=output, stderr=output, env=variables).returncode


def tell_crash(target, log, made):
    """Prints what a crash left behind, and how to go on."""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    marks = ("==promise broken==", "SUMMARY:", "ERROR:", "Fatal error", f" {ROOT}/Sources")
    told = [line for line in text if "NEW_FUNC" not in line and any(mark in line for mark in marks)]
    for line in told[:16]:
        print(f"  {line.strip()}")
    say(f"{target}: FAILED; all of it is in {log.relative_to(ROOT)}")
    for path in made:
        place = ARTEFACTS / f"{path.name}.hex"
        place.write_text(hex_text(path.read_bytes(), f"{target}: say what happened"))
        say(f"{target}: the input is {place.relative_to(ROOT)}; replay it with")
        print(f"  Tests/Fuzz/fuzz.py --replay {target} {place.relative_to(ROOT)}")
        print(f"  (once mended, it goes to Tests/Fuzz/Regressions/{target}/NAME.hex)")


def artefacts(target):
    """The inputs that libFuzzer has kept for a target."""
    return {path for path in ARTEFACTS.glob(f"{target}-*") if path.suffix not in (".hex", ".log")}


def examine(program, target, seconds, variables):
    """Replays, then fuzzes a target; true when nothing went wrong."""
    log = ARTEFACTS / f"{target}.log"
    before = artefacts(target)
    known = unpack(HERE / "Regressions" / target, BUILD / "regressions" / target)
    seeds = unpack(HERE / "Seeds" / target, BUILD / "seeds" / target)
    if run(program, target, known + seeds, variables, log) != 0:
        tell_crash(target, log, artefacts(target) - before)
        return False
    if seconds <= 0:
        say(f"{target}: {len(known)} regressions and {len(seeds)} seeds replayed")
        return True
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    arguments = [f"-max_total_time={seconds}", "-print_final_stats=1"]
    dictionary = HERE / "Dictionaries" / f"{target}.dict"
    if dictionary.exists():
        arguments.append(f"-dict={dictionary}")
    folders = [corpus, BUILD / "seeds" / target, BUILD / "regressions" / target]
    code = run(program, target, arguments + [str(folder) for folder in folders], variables, log)
    if code != 0:
        tell_crash(target, log, artefacts(target) - before)
        return False
    text = log.read_text(encoding="utf-8", errors="replace")
    count = re.search(r"number_of_executed_units:\s*(\d+)", text)
    cover = re.findall(r"cov: (\d+)", text)
    say(f"{target}: {len(known)} regressions and {len(seeds)} seeds replayed, then "
        f"{count[1] if count else '?'} inputs in {seconds} s, {cover[-1] if cover else '?'} edges")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8, help="per target (default 8; 0 replays)")
    parser.add_argument("--target", action="append", help="only this one (may be repeated)")
    parser.add_argument("--replay", nargs="+", metavar=("TARGET", "FILE"), help="run .hex files")
    parser.add_argument("--write-seeds", action="store_true", help="write Seeds anew")
    options = parser.parse_args()
    program, usr = build()
    variables = environment(usr)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    if options.write_seeds:
        return write_seeds(program, variables)
    names = subprocess.run(
        [program, "list"], check=True, capture_output=True, text=True, env=variables)
    targets = options.target or names.stdout.split()
    if options.replay:
        target, *files = options.replay
        folder = BUILD / "replay"
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for file in map(pathlib.Path, files):
            place = folder / file.stem
            place.write_bytes(hex_bytes(file))
            paths.append(str(place))
        return subprocess.run([program, "run", target, *paths], env=variables).returncode
    failed = [name for name in targets if not examine(program, name, options.seconds, variables)]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
