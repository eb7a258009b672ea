"""model-orchestrator as pip's model-runner-client sees it, with real model-runner processes.

Run by `make test-orchestrator` in the client's environment; MODEL_ORCHESTRATOR names the program.
"""

import asyncio
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import tempfile
import time
import unittest

from model_runner_client.grpc.generated.commons_pb2 import Argument, Variant, VariantType
from model_runner_client.model_concurrent_runners import DynamicSubclassModelConcurrentRunner
from model_runner_client.utils.datatype_transformer import encode_data

import stack

HERE = pathlib.Path(__file__).parent
GAME = HERE.parent.parent / "examples" / "tracker-game" / "basegame"
PROGRAM = os.environ.get("MODEL_ORCHESTRATOR", "")
CRUNCH = "feed"
TOKEN = "0123456789abcdef" * 4
BASE_CLASS = "examplegame.tracker.TrackerBase"
# The first model waits for its environment, which pip may have to make.
FIRST_SECONDS_MAX = 600
SECONDS_MAX = 120


class Game:
    """A folder with an orchestrator's files: submissions by their names, models by their ids."""

    def __init__(self, folder, settings="", publisher="port: 0"):
        self.folder = pathlib.Path(folder)
        self.models = {}
        (self.folder / "orchestrator.yml").write_text(
            "infrastructure:\n"
            f"  publishers: [{{type: websocket, {publisher}}}]\n"
            "  runner:\n"
            "    submission-storage-path-format: submissions/{id}\n"
            f"    packages: [crunch-model-runner==0.4.2, {GAME}]\n"
            "watcher: {interval: 0.2, poller: {type: yaml, path: models.yml}}\n"
            f"crunches: [{{id: {CRUNCH}}}]\nmetrics-file: metrics.prom\n{settings}")
        (self.folder / "token").touch(0o600)
        (self.folder / "token").write_text(TOKEN + "\n")

    def submit(self, name):
        """A submission whose folder's name says how it answers (models/answers)."""
        folder = self.folder / "submissions" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "models" / "answers" / "main.py", folder)

    def list(self, **models):
        """Changes models.yml: `m1="good"` runs m1 from submission good, `m1=None` stops it."""
        for model, submission in models.items():
            if submission:
                self.submit(submission)
            self.models[model] = (submission or self.models[model][0], bool(submission))
        lines = [f'- {{id: {model}, submission_id: {submission}, crunch_id: {CRUNCH}, '
                 f'desired_state: {"RUNNING" if runs else "STOPPED"}, name: {model}, '
                 f'cruncher_id: c, cruncher_name: Frank}}\n'
                 for model, (submission, runs) in self.models.items()]
        new = self.folder / "models.yml.new"
        new.write_text("models:\n" + "".join(lines))
        new.rename(self.folder / "models.yml")


    def metric(self, sample):
        """The number of a sample in the metrics file, which is written every 5 s."""
        text = (self.folder / "metrics.prom").read_text()
        found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return found and float(found[1])


class Coordinator:
    """pip's client, and what it heard: one `(model id, state, deployment id)` for each entry."""

    def __init__(self, port, host):
        self.heard = []
        self.runner = DynamicSubclassModelConcurrentRunner(10, CRUNCH, host, port, BASE_CLASS)
        self.cluster = self.runner.model_cluster
        handle = self.cluster.ws_client.event_handler

        async def note(event, data):
            self.heard += [(m["model_id"], m["state"], m["deployment_id"]) for m in data]
            await handle(event, data)

        self.cluster.ws_client.event_handler = note

    def states(self, model):
        return [state for name, state, _ in self.heard if name == model]

    def connected(self, model, not_as=None):
        """The deployment of the model that the client is connected to, unless it is `not_as`."""
        run = self.cluster.models_run.get(model)
        return run and run.deployment_id != not_as and run.deployment_id

    async def predict(self, model):
        """One call to one model; the status of the outcome."""
        values = ((VariantType.STRING, "BTC"), (VariantType.INT, 3600), (VariantType.INT, 300))
        arguments = [Argument(position=n, data=Variant(type=kind, value=encode_data(kind, value)))
                     for n, (kind, value) in enumerate(values, 1)]
        results = await self.runner.call(
            "predict", arguments=(arguments, []), model_runs=[self.cluster.models_run[model]])
        return [result.status.value for result in results.values()]


@contextlib.asynccontextmanager
async def coordinating(program, host="127.0.0.1"):
    """Connects pip's client to a started orchestrator and follows it."""
    port = int(program.said(r"listening for coordinators address=\S+:(\d+)")[1])
    coordinator = Coordinator(port, host)
    await coordinator.runner.init()
    listening = asyncio.create_task(coordinator.runner.sync())
    try:
        yield coordinator
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        for model in list(coordinator.cluster.models_run.values()):
            await model.close()
        await coordinator.cluster.ws_client.disconnect()


async def until(what, condition, seconds=SECONDS_MAX):
    """The first value of `condition()` that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        await asyncio.sleep(0.05)
    return value


async def said(program, pattern):
    """Waits until the program's log has a match of the pattern; the client goes on meanwhile."""
    await until(f"the orchestrator says {pattern}", lambda: re.search(pattern, program.log))


def outside_address():
    """An address of this machine that isn't loopback; None when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        with contextlib.suppress(OSError):
            probe.connect(("192.0.2.1", 9))  # sends nothing
            host = probe.getsockname()[0]
            return None if host.startswith("127.") else host


def process_of(game, deployment):
    """The process that serves a deployment: the one with its port as an argument."""
    log = (game.folder / "logs" / f"{deployment.rsplit('_', 3)[0]}.log").read_text()
    port = re.search(rf"{re.escape(deployment)}: .* on port (\d+)", log)[1].encode()
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if any(b"model-runner" in word for word in words) and any(
                    word == port or word.endswith(b":" + port) for word in words):
                found.append(int(folder.name))
    return found[0]


class FeedTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        # pip's client is slow at times; asyncio's remarks on that would drown the results.
        asyncio.get_running_loop().slow_callback_duration = SECONDS_MAX

    @contextlib.asynccontextmanager
    async def playing(self, settings="", publisher="port: 0", host="127.0.0.1", **models):
        """A game with these models, its orchestrator and pip's client."""
        with tempfile.TemporaryDirectory(prefix="updraft-feed-") as folder:
            game = Game(folder, settings, publisher)
            game.list(**models)
            command = [PROGRAM, "--config", game.folder / "orchestrator.yml"]
            with stack.running(command) as program:
                async with coordinating(program, host) as coordinator:
                    yield game, program, coordinator

    async def test_a_start_a_crash_new_code_and_a_stop_are_seen(self):
        async with self.playing(m1="good", m2="also-good") as (game, _, coordinator):
            first = await until(
                "m1 runs", lambda: coordinator.connected("m1"), FIRST_SECONDS_MAX)
            other = await until("m2 runs", lambda: coordinator.connected("m2"))
            self.assertEqual(await coordinator.predict("m1"), ["SUCCESS"])

            os.kill(process_of(game, first), signal.SIGKILL)
            second = await until("m1 recovers", lambda: coordinator.connected("m1", first))
            self.assertEqual(await coordinator.predict("m1"), ["SUCCESS"])

            game.list(m1="better")
            third = await until("m1's new code runs", lambda: coordinator.connected("m1", second))
            self.assertEqual(await coordinator.predict("m1"), ["SUCCESS"])

            game.list(m1=None)
            await until("m1 stops", lambda: not coordinator.connected("m1"))
            self.assertEqual(
                [entry[1:] for entry in coordinator.heard if entry[0] == "m1"],
                [("RUNNING", first), ("RECOVERING", first), ("RUNNING", second),
                 ("RECOVERING", second), ("RUNNING", third), ("STOPPED", third)])
            restarts = "updraft_orchestrator_restarts_total"
            await until("restarts are counted", lambda: game.metric(restarts) == 2)
            self.assertEqual(game.metric("updraft_orchestrator_clients"), 1)
            self.assertEqual(coordinator.connected("m2"), other)
            self.assertEqual(coordinator.states("m2"), ["RUNNING"], "m2 had no part in all this")

    async def test_a_model_that_fails_too_often_is_stopped_and_its_submission_stays_down(self):
        async with self.playing(m1="raises", m2="good") as (game, program, coordinator):
            bad = await until("m1 runs", lambda: coordinator.connected("m1"), FIRST_SECONDS_MAX)
            await until("m2 runs", lambda: coordinator.connected("m2"))
            await self.fail_until_reported(coordinator, "m1")
            await said(program, "reported as MULTIPLE_FAILED")
            await until("m1's stop", lambda: ("m1", "STOPPED", bad) in coordinator.heard)
            await until("m1's process ends", lambda: "ended by signal 15" in
                        (game.folder / "logs" / "m1.log").read_text())

            game.list(m1=None)
            await said(program, "model stopped")
            game.list(m1="raises")
            await said(program, "submission raises is in quarantine, "
                       "reported as MULTIPLE_FAILED; submit another one")
            self.assertEqual(coordinator.states("m1"), ["RUNNING", "STOPPED"])

            game.list(m1="mended")
            await until("m1 is back", lambda: coordinator.connected("m1", bad))
            self.assertEqual(await coordinator.predict("m1"), ["SUCCESS"])
            self.assertEqual(await coordinator.predict("m2"), ["SUCCESS"])
            self.assertEqual(coordinator.states("m2"), ["RUNNING"])

    async def test_without_quarantine_the_same_submission_may_run_again(self):
        settings = "can-place-in-quarantine: false\n"
        async with self.playing(settings, m1="raises") as (game, program, coordinator):
            bad = await until("m1 runs", lambda: coordinator.connected("m1"), FIRST_SECONDS_MAX)
            await self.fail_until_reported(coordinator, "m1")
            await said(program, "reported as MULTIPLE_FAILED")
            game.list(m1=None)
            await said(program, "model stopped")
            game.list(m1="raises")
            await until("m1 runs again", lambda: coordinator.connected("m1", bad))

    @unittest.skipUnless(outside_address(), "this machine has the loopback address only")
    async def test_reports_from_elsewhere_are_refused(self):
        publisher = "port: 0, address: 0.0.0.0"
        async with self.playing(publisher=publisher, host=outside_address(), m1="raises") as (
                game, program, coordinator):
            await until("m1 runs", lambda: coordinator.connected("m1"), FIRST_SECONDS_MAX)
            await self.fail_until_reported(coordinator, "m1")
            await said(program, "failure reports of a client that may not report are refused")
            forbidden = "updraft_orchestrator_reports_forbidden_total"
            await until("it is counted", lambda: game.metric(forbidden) == 1)
            self.assertEqual(coordinator.states("m1"), ["RUNNING"])
            self.assertEqual(
                game.metric(f'updraft_orchestrator_models{{crunch="{CRUNCH}",state="running"}}'), 1)

    async def test_with_a_token_it_is_asked_of_everybody(self):
        publisher = "port: 0, token-file: token"
        async with self.playing(publisher=publisher, m1="raises") as (game, program, stranger):
            await until("m1 runs", lambda: stranger.connected("m1"), FIRST_SECONDS_MAX)
            await self.fail_until_reported(stranger, "m1")
            await said(program, "doesn't show the token of publishers")
            self.assertEqual(stranger.states("m1"), ["RUNNING"])
            # pip's client has no setting for a token, but its host may hold a name and a password.
            async with coordinating(program, f"coordinator:{TOKEN}@127.0.0.1") as coordinator:
                await until("m1 is there", lambda: coordinator.connected("m1"))
                await self.fail_until_reported(coordinator, "m1")
                await until("m1 stops", lambda: coordinator.states("m1") == ["RUNNING", "STOPPED"])
            accepted = 'updraft_orchestrator_reports_total{code="MULTIPLE_FAILED"}'
            await until("it is counted", lambda: game.metric(accepted) == 1)

    async def fail_until_reported(self, coordinator, model):
        """Calls a bad model until the client has enough of it: more than three failures."""
        for _ in range(4):
            self.assertEqual(await coordinator.predict(model), ["FAILED"])
        await until("the client drops the model", lambda: not coordinator.connected(model))


if __name__ == "__main__":
    unittest.main(verbosity=2)
