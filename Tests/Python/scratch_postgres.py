"""A private PostgreSQL server for a script of the tests: own folder, own socket, gone at the end.

PostgreSQL refuses to run as root: then it runs as the user `postgres` of Debian's package.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

START_SECONDS_MAX = 60


class Server:
    """A running server; `psql` asks it."""

    def __init__(self, folder, programs):
        self.folder = folder
        self.programs = programs
        self.variables = {
            "POSTGRES_HOST": str(folder), "POSTGRES_PORT": "5432", "POSTGRES_USER": "game",
            "POSTGRES_DB": "postgres", "POSTGRES_PASSWORD": "",
        }

    def rows(self, sql):
        """The rows of a statement, each a list of texts."""
        done = subprocess.run(
            [self.programs / "psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h",
             self.folder, "-U", "game", "-d", "postgres", "-c", sql],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"psql: {done.stderr[-2000:]}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def number(self, sql):
        return int(self.rows(sql)[0][0])


def installation():
    """The folder with the newest server's programs."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"),
                   key=lambda path: int(pathlib.Path(path).parts[-3]))
    on_path = shutil.which("postgres")
    if not found and not on_path:
        raise SystemExit("no PostgreSQL server is installed: run `make setup`")
    return pathlib.Path(found[-1] if found else on_path).parent


@contextlib.contextmanager
def scratch_postgres():
    """Runs a server until the block ends."""
    programs = installation()
    prefix = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="updraft-ledger-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        prefix = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    prefix += ["setpriv", "--pdeathsig", "INT"]
    process = None
    try:
        with open(folder / "server.log", "w+") as log:
            made = subprocess.run(
                [*prefix, programs / "initdb", "-D", folder / "data", "-U", "game", "-A", "trust",
                 "-E", "UTF8", "--no-sync", "--locale=C"], stdout=log, stderr=log, cwd=folder)
            if made.returncode == 0:
                process = subprocess.Popen(
                    [*prefix, programs / "postgres", "-D", folder / "data", "-k", folder, "-h", "",
                     "-F"], stdout=log, stderr=log, cwd=folder)
            deadline = time.monotonic() + START_SECONDS_MAX
            while process is None or not is_ready(programs, folder):
                if process is None or process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise SystemExit(f"PostgreSQL did not start:\n{log.read()[-4000:]}")
                time.sleep(0.05)
        yield Server(folder, programs)
    finally:
        if process:
            # The quick and orderly shutdown is SIGINT's.
            process.send_signal(2)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def is_ready(programs, folder):
    return subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode == 0
