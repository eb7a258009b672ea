"""A plain grpc.aio client that calls many models, for the fan-out benchmark.

    aio_peer.py --port P [--models N] [--rounds N] [--method predict|tick] [...]

Connects to `--models` servers on `--port` and the ports after it, sets each up once and calls all
of them, round after round, each round with one deadline. Prints one JSON object a round and a
summary, as `updraft call --json` does. It takes its messages from model-runner-client, so it runs
in that client's environment.
"""

import argparse
import asyncio
import collections
import json
import math
import pathlib
import resource
import struct
import time

import grpc.aio
from model_runner_client.grpc.generated.commons_pb2 import Argument, Variant, VariantType
from model_runner_client.grpc.generated.dynamic_subclass_pb2 import CallRequest, SetupRequest
from model_runner_client.grpc.generated.dynamic_subclass_pb2_grpc import (
    DynamicSubclassServiceStub,
)

REPLY_BYTES_MAX = 4 << 20
REQUEST_BYTES_MAX = 64 << 20
SETUP_SECONDS_MAX = 10


def history(limit):
    """Minute prices, at most `limit` bytes of points."""
    point = len("[1795345314.0, 100000.25], ")
    points = [[1795345314.0 + 60 * i, 100000.25] for i in range(limit // point)]
    return json.dumps({"BTC": points}).encode()


def call_request(method, arg_bytes):
    if method == "tick":
        values = [(VariantType.JSON, history(arg_bytes))]
    else:
        values = [(VariantType.STRING, b"BTC"), (VariantType.INT, struct.pack("<q", 86_400)),
                  (VariantType.INT, struct.pack("<q", 300))]
    return CallRequest(methodName=method, methodArguments=[
        Argument(position=number, data=Variant(type=kind, value=value))
        for number, (kind, value) in enumerate(values, 1)])


async def set_up(stub):
    """Whether the model is ready for calls."""
    try:
        answer = await stub.Setup(
            SetupRequest(className="condorgame.tracker.TrackerBase"), timeout=SETUP_SECONDS_MAX)
    except grpc.aio.AioRpcError:
        return False
    return answer.status.code == "SUCCESS"


async def call(stub, request, timeout):
    """How the call ended, and its answer."""
    try:
        answer = await stub.Call(request, timeout=timeout)
    except grpc.aio.AioRpcError:
        return "timeout", None
    return ("success" if answer.status.code == "SUCCESS" else "failed"), answer


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e3


def memory_mb(name):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def percentile(values, share):
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(len(ordered) * share) - 1)], 3) if ordered else 0.0


def report(line):
    print(json.dumps(line), flush=True)


async def run_round(number, stubs, request, timeout):
    cpu, started = cpu_ms(), time.monotonic()
    ends = await asyncio.gather(*(call(stub, request, timeout) for stub in stubs))
    wall, cpu = (time.monotonic() - started) * 1e3, cpu_ms() - cpu
    counts = collections.Counter(end for end, _ in ends)
    report({
        "round": number, "wall_ms": round(wall, 3), "cpu_ms": round(cpu, 3),
        "success": counts["success"], "failed": counts["failed"], "timeout": counts["timeout"],
        "sent": len(stubs), "answer_bytes": sum(a.ByteSize() for _, a in ends if a is not None),
    })
    return wall, cpu


async def run(options):
    started = time.monotonic()
    channels = [
        grpc.aio.insecure_channel(f"{options.host}:{options.port + index}", options=[
            ("grpc.max_receive_message_length", REPLY_BYTES_MAX),
            ("grpc.max_send_message_length", REQUEST_BYTES_MAX)])
        for index in range(options.models)]
    stubs = [DynamicSubclassServiceStub(channel) for channel in channels]
    ready = await asyncio.gather(*(set_up(stub) for stub in stubs))
    stubs = [stub for stub, is_ready in zip(stubs, ready) if is_ready]
    connect_ms, idle_mb = (time.monotonic() - started) * 1e3, memory_mb("VmRSS:")
    request = call_request(options.method, options.arg_bytes)
    walls, cpus, due = [], [], time.monotonic()
    for number in range(1, options.rounds + 1):
        await asyncio.sleep(max(0, due - time.monotonic()))
        due = max(due + options.interval, time.monotonic())
        wall, cpu = await run_round(number, stubs, request, options.timeout)
        walls.append(wall)
        cpus.append(cpu)
    for channel in channels:
        await channel.close()
    report({
        "summary": True, "models": options.models, "connected": len(stubs),
        "connect_ms": round(connect_ms, 3), "rounds": len(walls),
        "wall_ms": {"p50": percentile(walls, 0.5), "p99": percentile(walls, 0.99),
                    "max": percentile(walls, 1)},
        "cpu_ms_per_round": round(sum(cpus) / max(1, len(cpus)), 3),
        "rss_idle_mb": idle_mb, "rss_peak_mb": memory_mb("VmHWM:"), "reports": [],
    })
    return 0 if stubs else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="of the first model")
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--interval", type=float, default=0, help="seconds (0)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds of a round (60)")
    parser.add_argument("--method", choices=["predict", "tick"], default="predict")
    parser.add_argument("--arg-bytes", type=int, default=100, help="bytes of a tick's JSON (100)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(run(parse())))
