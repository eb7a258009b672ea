"""The programs and the database that a measured or tormented game needs, started and stopped.

Everything listens on loopback or in a private folder, and ends with the `with` block that made it.
"""

import contextlib
import math
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 15


def wait_for(what, seconds, condition, pause=0.05):
    """The first value of `condition()` that is true, or an end of the script after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


def percentile(values, share):
    """The smallest of `values` that at least `share` of them don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def run(command, environment=None, **options):
    """Runs a command to its end; an end of the script, with what it said, when it fails."""
    done = subprocess.run(
        [str(word) for word in command], env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command[:2]))}: {done.stdout[-2000:]}")


def core_seconds():
    """The seconds that all cores together were busy and idle since the machine's start."""
    with open("/proc/stat", encoding="ascii") as lines:
        ticks = [int(word) for word in lines.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK"), idle / os.sysconf("SC_CLK_TCK")


class Program:
    """A child process whose standard error goes to a file."""

    def __init__(self, command, environment=None, log=None):
        self.name = pathlib.Path(command[0]).name
        self.log_path = pathlib.Path(log or tempfile.mkstemp(prefix="updraft-log-")[1])
        with self.log_path.open("ab") as out:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=out, stderr=out,
                env={**os.environ, **(environment or {})})

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def said(self, pattern, seconds=START_SECONDS_MAX):
        """The first match of `pattern` in its log; an end of the script when it ends without."""
        def look():
            found = re.search(pattern, self.log)
            if not found and self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.process.returncode}:\n"
                                 f"{self.log[-4000:]}")
            return found
        return wait_for(f"{self.name} says {pattern}", seconds, look)

    def used(self):
        """What its threads have used so far: seconds on a core, seconds ready without one, and
        page faults that took no disk. Threads that have ended are missing."""
        running = waiting = faults = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                times = (task / "schedstat").read_text().split()
                # After the name, which is in brackets and may hold anything: `minflt` is the 8th.
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                running, waiting = running + int(times[0]), waiting + int(times[1])
                faults += int(fields[7])
        return running / 1e9, waiting / 1e9, faults

    def stop(self, how=signal.SIGTERM):
        """Ends it, by force when it doesn't go by itself; its status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


@contextlib.contextmanager
def running(command, environment=None, log=None):
    """Runs a program for the length of the block."""
    program = Program(command, environment, log)
    try:
        yield program
    finally:
        program.stop()
        if log is None:
            program.log_path.unlink(missing_ok=True)


@contextlib.contextmanager
def fleet(updraft, crunch, *options):
    """Runs simulated models and their orchestrator; gives the orchestrator's port."""
    command = [updraft, "fleet", "--port", "0", "--orchestrator-port", "0", "--crunch", crunch,
               *options]
    with running(command) as program:
        yield int(program.said(r"ws://127\.0\.0\.1:(\d+)/")[1])


@contextlib.contextmanager
def price_server(updraft, assets):
    """Serves simulated prices; gives their address."""
    command = [updraft, "price-server", "--port", "0", "--assets", ",".join(assets)]
    with running(command) as program:
        yield program.said(r"listening on (http:\S+?),")[1]


class Postgres:
    """A scratch server with PostgreSQL's own default durability, behind a Unix socket only."""

    def __init__(self):
        roots = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                       key=lambda path: int(path.parts[-3]))
        if not roots:
            raise SystemExit("PostgreSQL is not installed (make setup)")
        self.bin = roots[-1].parent
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="updraft-pg-"))
        self.folder.chmod(0o755)
        self.user = next((name for name in ("postgres", "nobody") if self._exists(name)), None) \
            if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run(self.bin / "initdb", "-D", self.folder / "data", "-U", "updraft", "-E", "UTF8",
                  "--locale=C", "--no-sync", "--auth=trust")
        self.start()
        self.sql("CREATE DATABASE game", "postgres")

    @staticmethod
    def _exists(name):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            return None

    def _run(self, *command):
        run(command, user=self.user, cwd="/")

    @property
    def variables(self):
        """The environment variables that lead to the game's database."""
        return {"POSTGRES_HOST": str(self.folder), "POSTGRES_PORT": "5432",
                "POSTGRES_USER": "updraft", "POSTGRES_PASSWORD": "", "POSTGRES_DB": "game"}

    def start(self):
        self._run(self.bin / "pg_ctl", "-D", self.folder / "data", "-w", "-t", "120",
                  "-l", self.folder / "log", "-o",
                  f"-c listen_addresses= -c unix_socket_directories={self.folder}", "start")

    def stop(self, mode="immediate"):
        self._run(self.bin / "pg_ctl", "-D", self.folder / "data", "-w", "-m", mode, "stop")

    def sql(self, text, database="game"):
        """Runs a statement; its rows as lists of text."""
        done = subprocess.run(
            [self.bin / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h",
             self.folder, "-U", "updraft", "-d", database, "-c", text],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"psql: {done.stderr.strip()}\nin: {text}")
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def number(self, text):
        """The single whole number that a query gives."""
        return int(self.sql(text)[0][0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(SystemExit):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
