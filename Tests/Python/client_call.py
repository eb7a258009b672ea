"""Calls a method on every model with pip's model-runner-client, as `updraft call` does with ours.

    client_call.py METHOD [ARG...] --orchestrator HOST:PORT --crunch ID [options]

An ARG is typed: `BTC` or `s:BTC` is a string, `i:3600` an integer, `d:1.5` a double, `j:{...}` JSON
and `@file` the JSON in a file; `name=ARG` is a keyword argument.

Prints one JSON object per round, then the summary, in the shape of
`updraft call --json --results --values`, so that both can be compared line by line. A value's
NaN and infinities, which JSON can't hold, are written as the strings "NaN", "Infinity" and
"-Infinity"; a PARQUET value is base64 of the bytes as received; `value_type` names the wire type.
"""

import argparse
import asyncio
import base64
import collections
import json
import logging
import math
import re
import resource
import sys
import time

from model_runner_client.grpc.generated.commons_pb2 import (
    Argument,
    KwArgument,
    Variant,
    VariantType,
)
from model_runner_client.model_concurrent_runners import DynamicSubclassModelConcurrentRunner
from model_runner_client.model_runners import dynamic_subclass_model_runner
from model_runner_client.security.credentials import SecureCredentials
from model_runner_client.utils.datatype_transformer import decode_data, encode_data

KINDS = {"s": VariantType.STRING, "i": VariantType.INT, "d": VariantType.DOUBLE,
         "j": VariantType.JSON}
READERS = {"s": str, "i": int, "d": float, "j": json.loads}


def typed_variant(text):
    """The Variant of one typed argument text."""
    if text.startswith("@"):
        with open(text[1:], encoding="utf-8") as file:
            return Variant(type=VariantType.JSON, value=file.read().encode())
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS:
        kind, rest = "s", text
    return Variant(type=KINDS[kind], value=encode_data(KINDS[kind], READERS[kind](rest)))


def typed_arguments(texts):
    """Positional and keyword arguments, positions counted from 1."""
    positional, keywords = [], []
    for text in texts:
        keyword = re.match(r"([A-Za-z_]\w*)=(.*)", text, re.DOTALL)
        if keyword:
            data = typed_variant(keyword[2])
            keywords.append(KwArgument(keyword=keyword[1], data=data))
        else:
            data = typed_variant(text)
            positional.append(Argument(position=len(positional) + 1, data=data))
    return positional, keywords


def printable(value):
    """The value with what JSON can't hold replaced by its name."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    return value


Received = collections.namedtuple("Received", ["type_name", "value"])


def decode_keeping_type(data, kind):
    """Stands in for the client's decoder, which forgets the wire type; it fails in the same way."""
    name = VariantType.Name(kind)
    decoded = decode_data(data, kind)
    if name == "PARQUET":
        decoded = base64.b64encode(data).decode()
    return Received(name, decoded)


def observe(runner):
    """Notes what the orchestrator announced and which failures were reported to it."""
    cluster = runner.model_cluster
    announced, reports = set(), []
    handle_event, send_message = cluster.handle_event, cluster.ws_client.send_message

    async def handle(event, data):
        announced.update(m["model_id"] for m in data if m.get("state") == "RUNNING")
        await handle_event(event, data)

    async def send(message):
        reports.extend(json.loads(message)["data"])
        await send_message(message)

    cluster.ws_client.event_handler = handle
    cluster.ws_client.send_message = send
    return announced, reports


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def result_line(result, options):
    line = {
        "model_id": result.model_runner.model_id,
        "status": result.status.value,
        "exec_time_us": result.exec_time_us,
        "detail": result.detail,
    }
    if options.values:
        received = result.result or Received("NONE", None)
        line |= {"value": printable(received.value), "value_type": received.type_name}
    return line


def round_line(number, wall_ms, cpu_ms, results, options):
    statuses = collections.Counter(result.status.value for result in results)
    skipped = sum((result.detail or "").startswith("PREEMPTIVE_SKIP") for result in results)
    line = {
        "round": number,
        "wall_ms": round(wall_ms, 3),
        "cpu_ms": round(cpu_ms, 3),
        "success": statuses["SUCCESS"],
        "failed": statuses["FAILED"],
        "timeout": statuses["TIMEOUT"],
        "sent": len(results) - skipped,
    }
    if options.results:
        ordered = sorted(results, key=lambda result: result.model_runner.model_id)
        line["results"] = [result_line(result, options) for result in ordered]
    return line


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


def report_line(line):
    print(json.dumps(line), flush=True)


async def run(options):
    host, _, port = options.orchestrator.rpartition(":")
    setup_args, setup_kwargs = typed_arguments(options.instance_arg)
    runner = DynamicSubclassModelConcurrentRunner(
        options.timeout, options.crunch, host, int(port), options.base_class,
        instance_args=setup_args, instance_kwargs=setup_kwargs,
        max_consecutive_failures=options.max_failures,
        max_consecutive_timeouts=options.max_timeouts,
        report_failure=not options.no_report,
        secure_credentials=(
            SecureCredentials.from_directory(options.tls_dir) if options.tls_dir else None),
    )
    dynamic_subclass_model_runner.decode_data = decode_keeping_type
    announced, reports = observe(runner)
    arguments = typed_arguments(options.args)

    started = time.monotonic()
    await runner.init()
    connect_ms = (time.monotonic() - started) * 1e3
    connected = len(runner.model_cluster.models_run)
    listening = asyncio.create_task(runner.sync())

    walls, cpus = [], []
    for number in range(1, options.rounds + 1):
        if number > 1 and options.interval > 0:
            await asyncio.sleep(options.interval)
        cpu_before, started = cpu_seconds(), time.monotonic()
        results = await runner.call(options.method, arguments=arguments)
        walls.append((time.monotonic() - started) * 1e3)
        cpus.append((cpu_seconds() - cpu_before) * 1e3)
        report_line(round_line(number, walls[-1], cpus[-1], list(results.values()), options))
        await asyncio.sleep(0)

    await finish(runner, listening)
    report_line({
        "summary": True,
        "models": len(announced),
        "connected": connected,
        "connect_ms": round(connect_ms, 3),
        "rounds": len(walls),
        "wall_ms": {name: round(percentile(walls, share), 3)
                    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
        "cpu_ms_per_round": round(sum(cpus) / max(1, len(cpus)), 3),
        "rss_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "reports": reports,
    })


async def finish(runner, listening):
    """Lets reports and reconnects that a call started come to their end, then closes everything."""
    started_by_calls = [
        task for task in asyncio.all_tasks()
        if getattr(task.get_coro(), "__qualname__", "").startswith("ModelCluster.")
    ]
    if started_by_calls:
        await asyncio.wait(started_by_calls, timeout=5)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    for model in list(runner.model_cluster.models_run.values()):
        await model.close()
    await runner.model_cluster.ws_client.disconnect()


def parse(arguments):
    parser = argparse.ArgumentParser(
        description="Call a method on every model with pip's model-runner-client.")
    parser.add_argument("method")
    parser.add_argument("args", nargs="*", metavar="ARG", help="s:, i:, d:, j:, @file, name=ARG")
    parser.add_argument("--orchestrator", default="localhost:9091", metavar="HOST:PORT")
    parser.add_argument("--crunch", required=True, metavar="ID")
    parser.add_argument("--base-class", default="condorgame.tracker.TrackerBase")
    parser.add_argument("--instance-arg", action="append", default=[], metavar="ARG",
                        help="an argument of the models' constructor; may be repeated")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--interval", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--max-failures", type=int, default=3)
    parser.add_argument("--max-timeouts", type=int, default=3)
    parser.add_argument("--tls-dir", help="secure mode: ca.crt, tls.crt and tls.key")
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("--results", action="store_true")
    parser.add_argument("--values", action="store_true", help="implies --results")
    options = parser.parse_intermixed_args(arguments)
    options.results = options.results or options.values
    return options


def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    options = parse(sys.argv[1:])
    try:
        asyncio.run(run(options))
    except ConnectionError as error:
        raise SystemExit(f"client_call: {error}") from None


if __name__ == "__main__":
    main()
