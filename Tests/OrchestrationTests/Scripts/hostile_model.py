"""A model that misbehaves, for tests: serves health like serving_model.py and then does its worst.

usage: hostile_model.py PORT WISH
  fork-bomb     starts as many processes as it can, says how many, and goes on serving
  fill-disk     writes a file without end, says how far it came
  eat-memory    takes memory without end, touching all of it
  eat-together  so do its children, each with a part
  flood         prints without end
  daemon        leaves a process behind, twice forked, in a session of its own
  shy-daemon    the same, without an environment either
  stop          stops itself
  look          says what it sees of files, processes and its environment
"""

import os
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20


def say(*words):
    print(*words, flush=True)


def fork_bomb():
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                signal.pause()
            count += 1
        say("forked without limit")
    except OSError as error:
        say("forked", count, error.strerror)


def fill_disk():
    path = os.path.join(os.environ.get("HOME", "."), "filler")
    written = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while written < 64 * MIB:
                written += file.write(b"x" * MIB)
        say("wrote without limit")
    except OSError as error:
        say("wrote", written, error.strerror)


def eat_memory(limit=4 << 30):
    eaten = []
    try:
        while len(eaten) * MIB < limit:
            eaten.append(b"x" * MIB)
        say("ate without limit")
    except MemoryError:
        say("ate", len(eaten), "MiB")
        eaten.clear()


def eat_together():
    for _ in range(4):
        if os.fork() == 0:
            eaten = b"x" * (100 * MIB)
            signal.pause()
            say(len(eaten))


def flood():
    line = b"y" * 99 + b"\n"
    for _ in range(10 * MIB):
        os.write(1, line)


def daemon(environment):
    program = [sys.executable, "-c", "import os, time; print('daemon', os.getpid(), flush=True);"
               "time.sleep(600)"]
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            os.execve(program[0], program, environment)
        os._exit(0)


def look():
    say("see", *sys.argv[3:], [path for path in sys.argv[3:] if os.path.exists(path)])
    say("processes", len([name for name in os.listdir("/proc") if name.isdigit()]))
    say("variables", *sorted(os.environ))
    say("user", os.getuid())
    for path in [os.path.dirname(HERE), os.path.expanduser("~"), "/etc", os.getcwd()]:
        try:
            with open(os.path.join(path, "updraft-test-trace"), "w") as file:
                file.write("x")
            os.unlink(file.name)
            say("may write", path)
        except OSError as error:
            say("may not write", path, error.strerror)


WISHES = {
    "fork-bomb": fork_bomb,
    "fill-disk": fill_disk,
    "eat-memory": eat_memory,
    "eat-together": eat_together,
    "flood": flood,
    "daemon": lambda: daemon(os.environ),
    "shy-daemon": lambda: daemon({}),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "look": look,
}


def misbehave():
    time.sleep(0.3)
    WISHES[sys.argv[2]]()


# A process of many threads that forks is what Python warns of; the children here only wait.
threading.Thread(target=misbehave, daemon=True).start()
sys.argv = [sys.argv[0], sys.argv[1], *sys.argv[2:]]
exec(compile(open(os.path.join(HERE, "serving_model.py")).read(), "serving_model.py", "exec"))
