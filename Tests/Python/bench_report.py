"""Measures report-worker beside a FastAPI worker: a leaderboard of 1000 entries.

    bench_report.py --worker PROGRAM [--seconds 5] [--json]

Run by `make bench-report`. Clients are raw sockets in this process: what they cost is part of every
figure. The FastAPI worker is the tests' reference: one process, as Condor runs it.
"""

import argparse
import datetime
import json
import os
import pathlib
import selectors
import socket
import subprocess
import sys
import time

from report_stage import Postgres, Worker, fill, free_port, request, wait_for

HERE = pathlib.Path(__file__).parent
BUFFER = bytearray(1 << 20)


def answer_size(port, path, headers):
    """The bytes of one whole answer: all of them are as long."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(text_of(path, headers))
        received = b""
        while b"\r\n\r\n" not in received:
            received += peer.recv(1 << 16)
        head, _, _ = received.partition(b"\r\n\r\n")
        length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                  if line.startswith(b"content-length")]
        return len(head) + 4 + (length[0] if length else 0), head.split(b"\r\n")[0]


def text_of(path, headers=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def load(port, path, connections, headers="", seconds=None, count=None):
    """Asks on so many connections, one request at a time on each; seconds of each answer."""
    size, _ = answer_size(port, path, headers)
    ask = text_of(path, headers)
    poll, spent, started = selectors.DefaultSelector(), [], time.perf_counter()
    end = started + (seconds or 1e9)
    for _ in range(connections):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(peer, selectors.EVENT_READ, [size, time.perf_counter()])
        peer.sendall(ask)
    while (now := time.perf_counter()) < end and (count is None or len(spent) < count):
        for key, _ in poll.select(1):
            got, state = key.fileobj.recv_into(BUFFER), key.data
            if got == 0:
                raise ConnectionError("the server closed a connection")
            state[0] -= got
            if state[0] == 0:
                now = time.perf_counter()
                spent.append(now - state[1])
                state[:] = [size, now]
                key.fileobj.sendall(ask)
    wall = time.perf_counter() - started
    for key in list(poll.get_map().values()):
        key.fileobj.close()
    return summary(spent, wall, size)


def summary(spent, wall, size):
    spent.sort()
    at = lambda share: round(1_000 * spent[min(len(spent) - 1, int(share * len(spent)))], 3)
    return {"requests": len(spent), "per_second": round(len(spent) / wall, 1), "bytes": size,
            "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "p999_ms": at(0.999),
            "max_ms": at(1)}


def idle_connections(worker, count):
    """Whether it answers while so many connections say nothing."""
    peers = [socket.create_connection(("127.0.0.1", worker.port)) for _ in range(count)]
    started = time.perf_counter()
    status = request(worker.port, "/reports/leaderboard")[0]
    took = time.perf_counter() - started
    for peer in peers:
        peer.close()
    return {"connections": count, "status": status, "ms": round(1_000 * took, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--worker", required=True)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    os.environ["REPORT_WORKER"] = options.worker
    postgres = Postgres()
    figures = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    try:
        database = postgres.database("game")
        with postgres.connect(database) as connection:
            fill(connection, models=1_000, rounds=1,
                 now=datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None))
        figures |= measure(postgres, database, options.seconds)
    finally:
        postgres.close()
    figures["load_after"] = os.getloadavg()[0]
    print(json.dumps(figures, indent=2))


def measure(postgres, database, seconds):
    figures, path = {}, "/reports/leaderboard"
    port = free_port()
    theirs = subprocess.Popen([sys.executable, str(HERE / "report_reference.py"), str(port),
                               postgres.folder, database])
    try:
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 30, "FastAPI")
        figures["fastapi_8"] = load(port, path, 8, seconds=seconds)
    finally:
        theirs.kill()
        theirs.wait()
    worker = Worker(postgres, database)
    try:
        figures["start_ms"] = round(1_000 * worker.start_seconds, 1)
        figures["updraft_8"] = load(worker.port, path, 8, seconds=seconds)
        figures["updraft_8_gzip"] = load(worker.port, path, 8, "Accept-Encoding: gzip\r\n",
                                         seconds=seconds)
        tag = request(worker.port, path)[1]["ETag"]
        figures["updraft_304_8"] = load(worker.port, path, 8, f"If-None-Match: {tag}\r\n",
                                        seconds=seconds)
        figures["updraft_64"] = load(worker.port, path, 64, count=100_000)
        figures["rss_mb"] = round(worker.rss() / 1e6, 1)
        figures["idle"] = idle_connections(worker, 5_000)
        figures["times_fastapi"] = round(
            figures["updraft_8"]["per_second"] / figures["fastapi_8"]["per_second"], 1)
    finally:
        worker.close()
    return figures


if __name__ == "__main__":
    main()
