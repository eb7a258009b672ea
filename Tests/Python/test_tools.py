"""Tests of this folder's tools and of the example participants, with real model-runner processes.

Run by `make test` in the client's environment; RUNNER_PYTHON names the runner's interpreter.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import websockets

HERE = pathlib.Path(__file__).parent
EXAMPLE = HERE.parent.parent / "examples" / "tracker-game"
RUNNER_PYTHON = os.environ.get("RUNNER_PYTHON", "")
BASE_CLASS = "examplegame.tracker.TrackerBase"
START_SECONDS_MAX = 60


def free_port():
    """A port below those that the system gives to outgoing connections, so that it stays free."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds} s")
        time.sleep(0.05)


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running_models(folders, **environment):
    """One real model-runner process per folder; yields their ports, in order."""
    ports = [free_port() for _ in folders]
    variables = os.environ | {"PYTHONPATH": str(EXAMPLE / "basegame")} | environment
    with tempfile.TemporaryFile() as log:
        processes = [
            subprocess.Popen(
                [str(pathlib.Path(RUNNER_PYTHON).parent / "model-runner"),
                 "--address", f"127.0.0.1:{port}", "--code-directory", str(folder)],
                env=variables, stdout=log, stderr=log)
            for folder, port in zip(folders, ports)
        ]
        try:
            for process, port in zip(processes, ports):
                wait_for(lambda: accepts(port) or process.poll() is not None,
                         START_SECONDS_MAX, "model-runner's port")
            yield ports
        finally:
            for process in processes:
                process.kill()
                process.wait()


@contextlib.contextmanager
def orchestrator(models):
    """Announces `{model id: port}` as running, keeps what clients report; yields port, reports."""
    port, reports, started = free_port(), [], threading.Event()
    entries = [
        {"deployment_id": f"{model}_1", "model_id": model, "state": "RUNNING",
         "ip": "127.0.0.1", "port": number,
         "infos": {"model_name": model, "cruncher_id": "c", "cruncher_name": "c",
                   "cruncher_wallet_pubkey": "", "cruncher_hotkey": ""}}
        for model, number in models.items()
    ]

    async def serve(connection):
        await connection.send(json.dumps({"event": "init", "data": entries}))
        async for message in connection:
            reports.extend(json.loads(message)["data"])

    async def run():
        nonlocal stop
        stop = asyncio.Event()
        async with websockets.serve(serve, "127.0.0.1", port):
            loops.append(asyncio.get_running_loop())
            started.set()
            await stop.wait()

    stop, loops = None, []
    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    started.wait(START_SECONDS_MAX)
    try:
        yield port, reports
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()


def client_call(port, *arguments):
    """The round objects and the summary of one run."""
    done = subprocess.run(
        [sys.executable, str(HERE / "client_call.py"), *arguments,
         "--orchestrator", f"127.0.0.1:{port}", "--crunch", "test", "--base-class", BASE_CLASS],
        capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1]


def ask(process, request):
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


class WireTests(unittest.TestCase):
    def test_both_environments_write_the_same_bytes_and_read_them_back(self):
        value = {
            "methodName": "predict",
            "methodArguments": [
                {"position": 1, "data": {"type": 3, "value": b"BTC".hex()}},
                {"position": 2, "data": {"type": 2, "value": (3600).to_bytes(8, "little").hex()}},
            ],
            "methodKwArguments": [{"keyword": "k", "data": {"type": 6, "value": b"{}".hex()}}],
        }
        answers = []
        for interpreter in (sys.executable, RUNNER_PYTHON):
            with subprocess.Popen([interpreter, str(HERE / "wire.py")], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as wire:
                encoded = ask(wire, {"encode": "CallRequest", "value": value})
                answers.append(encoded["hex"])
                decoded = ask(wire, {"decode": "CallRequest", "hex": encoded["hex"]})
                self.assertEqual(decoded, {"value": value})
                self.assertIn("error", ask(wire, {"decode": "CallRequest", "hex": "ff"}))
                self.assertIn("error", ask(wire, {"encode": "Nothing", "value": {}}))
                health = ask(wire, {"decode": "HealthCheckResponse", "hex": "0801"})
                self.assertEqual(health, {"value": {"status": 1}})
                wire.stdin.close()
        self.assertEqual(answers[0], answers[1])
        self.assertTrue(answers[0].startswith("0a0770726564696374"))


class ExampleTests(unittest.TestCase):
    def test_the_example_participants_answer_as_their_comments_say(self):
        prices = {"BTC": [[1_000 + i, 100.0 + (i * 7919 % 13) / 10] for i in range(600)]}
        names = ["gaussian", "misbehaving", "student-walk"]
        with running_models([EXAMPLE / "models" / name for name in names],
                            MISBEHAVING_SLOW_SECONDS="2.9") as ports:
            with orchestrator(dict(zip(names, ports))) as (port, _):
                with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                    json.dump(prices, file)
                    file.flush()
                    rounds, summary = client_call(port, "tick", "@" + file.name)
                self.assertEqual([rounds[0]["success"], summary["connected"]], [3, 3])
                rounds, _ = client_call(
                    port, "predict", "BTC", "i:10", "i:2", "--rounds", "6", "--timeout", "2",
                    "--interval", "1", "--values")

        by_name = {
            name: [next(r for r in round["results"] if r["model_id"] == name) for round in rounds]
            for name in names
        }
        for name, kind in (("gaussian", "norm"), ("student-walk", None)):
            for result in by_name[name]:
                self.assertEqual(result["status"], "SUCCESS")
                self.assertEqual(len(result["value"]), 5)
                self.assertEqual(result["value"][0].get("name"), kind)
        components = by_name["student-walk"][0]["value"][0]["components"]
        self.assertEqual([c["density"]["name"] for c in components], ["t", "norm"])
        # Slow and, after a call that the client holds back, raising; after another one NaN; then
        # well-behaved.
        wrong = by_name["misbehaving"]
        self.assertEqual([r["status"] for r in wrong],
                         ["TIMEOUT", "TIMEOUT", "FAILED", "TIMEOUT", "SUCCESS", "SUCCESS"])
        for skipped in (1, 3):
            self.assertTrue(wrong[skipped]["detail"].startswith("PREEMPTIVE_SKIP"))
        self.assertEqual([round["sent"] for round in rounds], [3, 2, 3, 2, 3, 3])
        self.assertEqual(wrong[4]["value"][0]["params"]["scale"], "NaN")
        self.assertGreater(wrong[5]["value"][0]["params"]["scale"], 0)

    def test_the_base_class_installs_without_a_network(self):
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / "target"
            # pip builds beside the sources, which may be read-only: from a copy.
            shutil.copytree(EXAMPLE / "basegame", pathlib.Path(folder) / "basegame")
            subprocess.run(
                [RUNNER_PYTHON, "-m", "pip", "install", "--quiet", "--no-index",
                 "--disable-pip-version-check", "--target", str(target), "./basegame"],
                cwd=folder, check=True, timeout=120)
            self.assertTrue((target / "examplegame" / "tracker.py").is_file())


class ClientCallTests(unittest.TestCase):
    def test_every_kind_of_value_comes_back(self):
        with running_models([HERE / "models" / "methods"]) as ports:
            with orchestrator({"m": ports[0]}) as (port, _):
                def value(*call):
                    rounds, _ = client_call(port, *call, "--values")
                    result = rounds[0]["results"][0]
                    return result["status"], result.get("value_type"), result.get("value")

                described = [["str", "BTC"], ["int", -7], ["float", 1.5]]
                self.assertEqual(value("describe", "BTC", "i:-7", "d:1.5"),
                                 ("SUCCESS", "JSON", described))
                described = [["dict", {"a": [1]}], ["NoneType", None], ["str", "x=y"]]
                self.assertEqual(value("describe", 'j:{"a": [1]}', "third=s:x=y", "unknown=i:1"),
                                 ("SUCCESS", "JSON", described))
                self.assertEqual(value("integer"), ("SUCCESS", "INT", -(2**63)))
                self.assertEqual(value("fraction"), ("SUCCESS", "DOUBLE", 0.1))
                self.assertEqual(value("not_a_number"), ("SUCCESS", "DOUBLE", "NaN"))
                self.assertEqual(value("none"), ("SUCCESS", "NONE", None))
                self.assertEqual(value("parquet")[:2], ("SUCCESS", "PARQUET"))
                self.assertEqual(value("specials")[2][:3], ["NaN", "Infinity", "-Infinity"])
                self.assertEqual(value("lone_surrogate"), ("SUCCESS", "JSON", ["\ud800"]))
                for method in ("raises", "tuple_of_two", "too_big", "broken_text"):
                    self.assertEqual(value(method)[0], "FAILED", method)
                self.assertEqual(value("hangs", "d:1", "--timeout", "0.2")[0], "TIMEOUT")

    def test_faults_of_setup_and_method_are_reported(self):
        names = ["failing-setup", "methods", "no-subclass", "syntax-error"]
        with running_models([HERE / "models" / name for name in names]) as ports:
            with orchestrator(dict(zip(names, ports))) as (port, reports):
                _, summary = client_call(port, "missing_method")
                self.assertEqual([summary["models"], summary["connected"]], [4, 1])
                codes = {report["model_id"]: report["failure_code"] for report in reports}
        self.assertEqual(codes, {
            "failing-setup": "MULTIPLE_FAILED", "methods": "BAD_IMPLEMENTATION",
            "no-subclass": "BAD_IMPLEMENTATION", "syntax-error": "BAD_IMPLEMENTATION"})
        self.assertEqual({report["model_id"] for report in summary["reports"]}, set(names))

    def test_the_answers_model_answers_as_its_folder_says(self):
        kinds = ["nan", "none", "raises", "short", "good"]
        with tempfile.TemporaryDirectory() as folder:
            folders = [pathlib.Path(folder) / kind for kind in kinds]
            for copy in folders:
                shutil.copytree(HERE / "models" / "answers", copy)
            with running_models(folders) as ports:
                with orchestrator(dict(zip(kinds, ports))) as (port, _):
                    rounds, _ = client_call(port, "predict", "BTC", "i:4", "i:2", "--values")
        results = {r["model_id"]: r for r in rounds[0]["results"]}
        self.assertEqual({kind: results[kind]["status"] for kind in kinds}, {
            "nan": "SUCCESS", "none": "SUCCESS", "raises": "FAILED", "short": "SUCCESS",
            "good": "SUCCESS"})
        self.assertEqual([len(results[kind]["value"]) for kind in ("short", "good")], [1, 2])


class DocumentTests(unittest.TestCase):
    def test_pins_are_exact(self):
        for file in HERE.glob("requirements-*.txt"):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line and not line.startswith("#"):
                    self.assertRegex(line, re.compile(r"^[\w.-]+(\[\w+\])?==[\w.]+$"), file.name)


if __name__ == "__main__":
    if not RUNNER_PYTHON:
        raise SystemExit("RUNNER_PYTHON must name the runner environment's interpreter")
    unittest.main(verbosity=2)
