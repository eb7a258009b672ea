"""Tests of model-orchestrator's deployment API from outside: real sockets, models and uploads.

Run by `make test-orchestrator`; MODEL_ORCHESTRATOR and UPDRAFT name the programs. Python's standard
library only.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time
import unittest

HERE = pathlib.Path(__file__).parent
SERVING = HERE.parent / "OrchestrationTests" / "Scripts" / "serving_model.py"
PROGRAM = os.environ["MODEL_ORCHESTRATOR"]
UPDRAFT = os.environ["UPDRAFT"]
TOKEN = "0123456789abcdef0123456789abcdef"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=60, what="it"):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def multipart(fields=(), files=()):
    """A body and its type; `fields` and `files` are pairs of names and texts or bytes."""
    boundary = "test-boundary"
    body = b""
    for name, value in fields:
        body += (f"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n"
                 f"{value}\r\n").encode()
    for name, value in files:
        value = value if isinstance(value, bytes) else value.encode()
        body += (f"--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; "
                 f"filename=\"{name}\"\r\n\r\n").encode() + value + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def notebook(*sources):
    return json.dumps({"nbformat": 4, "cells": [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source.splitlines(True)}
        for source in sources]})


class Orchestrator:
    """The program with a game of its own in a fresh folder."""

    def __init__(self, api="", models="models: []\n", settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="updraft-api-"))
        self.port = free_port()
        (self.folder / "models.yml").write_text(models)
        (self.folder / "storage/submissions").mkdir(parents=True)
        (self.folder / "orchestrator.yml").write_text(
            "infrastructure:\n  publishers: [{type: websocket, port: 0}]\n"
            "crunches: [{id: game}]\ncan-place-in-quarantine: false\n"
            f"watcher: {{interval: 3600}}\n{settings}"
            f"api:\n  listen: 127.0.0.1:{self.port}\n{textwrap.indent(api, '  ')}")

    def submission(self, name, **files):
        folder = self.folder / "storage/submissions" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / f"{file}.py").write_text(text)
        return folder

    def start(self):
        self.log_path = self.folder / "orchestrator.log"
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config", self.folder / "orchestrator.yml"], stdout=log, stderr=log)
        eventually(lambda: self.process.poll() is not None or "can be deployed" in self.log,
                   what="the API")
        if self.process.poll() is not None:
            raise AssertionError(self.log)
        return self

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)
        code = self.process.returncode
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def ask(self, method, path, body=None, kind=None, headers=(), host=None):
        """Status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host or f"127.0.0.1:{self.port}")
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Type", kind)
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def send(self, method, path, fields=(), files=()):
        body, kind = multipart(fields, files)
        status, _, text = self.ask(method, path, body, kind)
        return status, json.loads(text) if text else None

    def models(self):
        return {row["id"]: row for row in json.loads(self.ask("GET", "/models")[2])}

    def running(self, model, other_than=None):
        row = self.models().get(model)
        if row and row["status"] == "RUNNER_RUNNING" and row["deployment_id"] != other_than:
            return row
        return None


@contextlib.contextmanager
def running(*arguments, **options):
    made = Orchestrator(*arguments, **options).start()
    try:
        yield made
    finally:
        code = made.stop()
    assert code == 0, f"it ended with {code}"


def native(model, folder="native"):
    return (f"- {{id: {model}, submission_id: {folder}, crunch_id: game, desired_state: RUNNING,\n"
            f"   command: \"python3 serve.py {{port}}\"}}\n")


class Access(unittest.TestCase):
    def test_forged_hosts_and_origins_are_refused(self):
        with running() as game:
            body, kind = multipart([], [("main.py", "x")])
            for host in ("evil.example", f"evil.example:{game.port}", "127.0.0.1.evil.example"):
                self.assertEqual(game.ask("GET", "/models", host=host)[0], 421, host)
                self.assertEqual(game.ask("POST", "/models", body, kind, host=host)[0], 421)
            for origin in ("http://evil.example", "null", "http://127.0.0.1:1",
                           f"http://localhost:{game.port}"):
                status, headers, _ = game.ask(
                    "POST", "/models", body, kind, headers=[("Origin", origin)])
                self.assertEqual(status, 403, origin)
                self.assertNotIn("Access-Control-Allow-Origin", headers)
            self.assertEqual(
                game.ask("GET", "/models", headers=[("Sec-Fetch-Site", "cross-site")])[0], 403)
            own = [("Origin", f"http://127.0.0.1:{game.port}")]
            self.assertEqual(game.ask("GET", "/models", headers=own)[0], 200)
            self.assertEqual(game.models(), {})
            self.assertEqual(list((game.folder / "storage/submissions").iterdir()), [])

    def test_a_listed_origin_may_use_it(self):
        with running("origins: ['http://localhost:3000']\n") as game:
            page = [("Origin", "http://localhost:3000")]
            status, headers, _ = game.ask("OPTIONS", "/models", headers=page)
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]),
                             (204, "http://localhost:3000"))
            status, headers, _ = game.ask("GET", "/models", headers=page)
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]),
                             (200, "http://localhost:3000"))

    def test_a_token_opens_and_nothing_else_does(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(TOKEN)
            file.flush()
            with running(f"token-file: {file.name}\n") as game:
                for value in (None, "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
                    headers = [("Authorization", value)] if value else []
                    status, answer, _ = game.ask("GET", "/models", headers=headers)
                    self.assertEqual((status, answer["WWW-Authenticate"]), (401, "Bearer"), value)
                right = [("Authorization", f"Bearer {TOKEN}")]
                self.assertEqual(game.ask("GET", "/models", headers=right)[0], 200)
                self.assertEqual(game.ask("GET", "/healthz")[0], 200)
                self.assertNotIn(TOKEN, game.log)

    def test_beyond_loopback_it_needs_a_token_and_no_known_name(self):
        game = Orchestrator()
        config = game.folder / "orchestrator.yml"
        open_text = config.read_text().replace("127.0.0.1", "0.0.0.0")
        config.write_text(open_text)
        done = subprocess.run([PROGRAM, "--config", config], capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("can be reached from other machines: set api.token-file", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        token = game.folder / "token"
        token.touch(0o600)
        token.write_text(TOKEN)
        config.write_text(open_text + "  token-file: token\n")
        game.start()
        try:
            right = [("Authorization", f"Bearer {TOKEN}")]
            self.assertEqual(game.ask("GET", "/models", host="my.machine")[0], 401)
            self.assertEqual(
                game.ask("GET", "/models", headers=right, host="my.machine")[0], 200)
        finally:
            self.assertEqual(game.stop(), 0)

    def test_a_port_in_use_ends_the_start_with_one_line_and_no_model_left(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            game = Orchestrator(models="models:\n" + native(1))
            game.submission("native", serve=SERVING.read_text())
            config = game.folder / "orchestrator.yml"
            config.write_text(config.read_text().replace(
                str(game.port), str(holder.getsockname()[1])))
            done = subprocess.run([PROGRAM, "--config", config], capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 71, done.stderr)
            self.assertIn("api.listen: can't listen at", done.stderr.splitlines()[-1])
        shutil.rmtree(game.folder)


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.game = Orchestrator("upload-bytes-max: 1MiB\nfile-bytes-max: 512KiB\nfiles-max: 5\n"
                                "upload-timeout: 2s\nmodels-max: 3\n").start()

    @classmethod
    def tearDownClass(cls):
        assert cls.game.stop() == 0

    def submissions(self):
        return list((self.game.folder / "storage/submissions").iterdir())

    def test_names_that_leave_the_folder_are_refused_and_nothing_is_written(self):
        before = self.submissions()
        for name in ("../main.py", "../../../../../../tmp/updraft-owned", "/tmp/updraft-owned",
                     "a/../../main.py", "..\\\\main.py", ".ssh/authorized_keys", "a/b/c/d/e.py",
                     "-rf", "x\0.py", "a" * 200 + ".py", "%2e%2e/main.py"):
            status, answer = self.game.send("POST", "/models", [], [("main.py", ""), (name, "x")])
            self.assertEqual(status, 400, name)
            self.assertIn("file name", answer["detail"])
        self.assertEqual(self.submissions(), before)
        self.assertFalse(pathlib.Path("/tmp/updraft-owned").exists())

    def test_links_in_the_folders_are_not_followed(self):
        outside = pathlib.Path(tempfile.mkdtemp())
        (outside / "secret.log").write_text("secret\n")
        logs = self.game.folder / "logs"
        logs.mkdir(exist_ok=True)
        status, model = self.game.send(
            "POST", "/models", [("desired_state", "STOPPED")], [("main.py", "")])
        self.assertEqual(status, 200)
        os.symlink(outside / "secret.log", logs / f"{model['id']}.log")
        path = f"/models/logs/runner/{model['id']}?from_start=true"
        self.assertEqual(self.game.ask("GET", path)[2], b"")
        submission = self.game.folder / "storage/submissions" / model["submission_id"]
        os.symlink(outside, submission / "link")
        self.assertEqual(self.game.ask("DELETE", f"/models/{model['id']}")[0], 204)
        self.assertFalse(submission.exists())
        self.assertTrue((outside / "secret.log").exists())
        shutil.rmtree(outside)

    def test_a_gigabyte_is_refused_before_it_is_sent(self):
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.game.port)) as raw:
            raw.sendall(f"POST /models HTTP/1.1\r\nHost: 127.0.0.1:{self.game.port}\r\n"
                        f"Content-Type: multipart/form-data; boundary=b\r\n"
                        f"Content-Length: {1 << 30}\r\n\r\n".encode())
            answer = raw.recv(65536)
            self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer[:100])
            with contextlib.suppress(OSError):
                while raw.send(b"x" * 65536):
                    self.assertLess(time.monotonic() - begun, 20, "it takes the body")
        self.assertLess(time.monotonic() - begun, 20)

    def test_limits_hold_for_bodies_of_unknown_length_too(self):
        before = self.submissions()
        body, kind = multipart([], [("main.py", "x" * (600 << 10))])
        self.assertEqual(self.game.ask("POST", "/models", body, kind)[0], 413, "one file")
        body, kind = multipart([], [(f"f{n}.py", "") for n in range(6)])
        self.assertEqual(self.game.ask("POST", "/models", body, kind)[0], 413, "six files")
        with socket.create_connection(("127.0.0.1", self.game.port)) as raw:
            raw.sendall(f"POST /models HTTP/1.1\r\nHost: 127.0.0.1:{self.game.port}\r\n"
                        "Content-Type: multipart/form-data; boundary=b\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n".encode())
            raw.settimeout(20)
            head = b"--b\r\nContent-Disposition: form-data; name=f; filename=a.py\r\n\r\n"
            with contextlib.suppress(OSError):
                raw.sendall(b"%x\r\n%s\r\n" % (len(head), head))
                for _ in range(64):
                    raw.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            with contextlib.suppress(ConnectionError):
                self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 413 "))
        eventually(lambda: self.submissions() == before, 10, "the upload's end")

    def test_a_slow_upload_is_cut_off_and_leaves_nothing(self):
        before = self.submissions()
        body, kind = multipart([], [("main.py", "x" * 1000)])
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.game.port)) as raw:
            raw.sendall(f"POST /models HTTP/1.1\r\nHost: 127.0.0.1:{self.game.port}\r\n"
                        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            with contextlib.suppress(OSError):
                for place in range(len(body)):
                    raw.sendall(body[place:place + 1])
                    time.sleep(0.05)
                    if time.monotonic() - begun > 15:
                        break
        self.assertLess(time.monotonic() - begun, 15)
        eventually(lambda: self.submissions() == before, 10, "the upload's end")
        self.assertEqual(self.game.ask("GET", "/healthz")[0], 200)

    def test_a_broken_off_upload_leaves_nothing(self):
        before = self.submissions()
        body, kind = multipart([], [("main.py", "x" * 1000)])
        with socket.create_connection(("127.0.0.1", self.game.port)) as raw:
            raw.sendall(f"POST /models HTTP/1.1\r\nHost: 127.0.0.1:{self.game.port}\r\n"
                        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            raw.sendall(body[:500])
            eventually(lambda: len(self.submissions()) > len(before), 10, "the upload's begin")
        eventually(lambda: self.submissions() == before, 10, "the upload's end")

    def test_only_so_many_models_may_be_added(self):
        made = []
        while len(made) < 10:
            status, answer = self.game.send(
                "POST", "/models", [("desired_state", "STOPPED")], [("main.py", "")])
            if status != 200:
                break
            made.append(answer["id"])
        self.assertEqual((len(made), status), (3, 409))
        self.assertIn("api.models-max", answer["detail"])
        for model in made:
            self.assertEqual(self.game.ask("DELETE", f"/models/{model}")[0], 204)
        self.assertEqual(self.game.models(), {})

    def test_what_is_no_upload_is_refused_with_its_reason(self):
        for files, reason in (([], "no files"), ([("a.txt", "")], "main.py"),
                              ([("n.ipynb", "{")], "no JSON"),
                              ([("n.ipynb", notebook("x = ("))], "cell 1")):
            status, answer = self.game.send("POST", "/models", [("model_name", "n")], files)
            self.assertEqual(status, 400)
            self.assertIn(reason, answer["detail"])
        self.assertEqual(self.game.ask("POST", "/models", b"{}", "application/json")[0], 415)
        self.assertEqual(self.game.ask("PUT", "/models")[0], 405)
        self.assertEqual(self.game.ask("GET", "/models/..%2f")[0], 404)


class Living(unittest.TestCase):
    def test_a_native_models_changed_code_is_live_within_3_seconds(self):
        # A model each: only the first change of a model's code is followed at once, whenever it is.
        ids = ("1", "2", "3")
        game = Orchestrator(models="models:\n" + "".join(native(id, f"native{id}") for id in ids))
        codes = {id: game.submission(f"native{id}", serve=SERVING.read_text()) / "serve.py"
                 for id in ids}
        game.start()
        try:
            times = []
            for id, code in codes.items():
                first = eventually(lambda: game.running(id), what="the model")
                begun = time.monotonic()
                code.write_text("# changed\n" + SERVING.read_text())
                eventually(lambda: game.running(id, first["deployment_id"]), 30, "the change")
                times.append(time.monotonic() - begun)
            print(f"native: changed code live after {', '.join(f'{t:.2f}' for t in times)} s")
            self.assertLess(min(times), 3)
            begun = time.monotonic()
            (game.folder / "models.yml").write_text("models: []\n")
            eventually(lambda: not game.models(), 10, "the list")
            print(f"models.yml: followed after {time.monotonic() - begun:.2f} s")
        finally:
            self.assertEqual(game.stop(), 0)

    def test_a_notebook_becomes_a_model_whose_code_and_requirements_may_change(self):
        with running() as game:
            status, model = game.send(
                "POST", "/models", [("model_name", "Notebook"), ("cruncher_name", "")],
                [("My Notebook.ipynb", notebook("import json\nprint('trying')",
                                                "class Model:\n    pass"))])
            self.assertEqual(status, 200, model)
            self.assertEqual((model["id"], model["crunch_id"], model["desired_state"]),
                             ("1", "game", "RUNNING"))
            folder = game.folder / "storage/submissions" / model["submission_id"]
            self.assertEqual((folder / "main.py").read_text(),
                             "import json\n#print('trying')\n\n\nclass Model:\n    pass\n")
            first = eventually(lambda: game.running("1"), 600, "the environment and the model")
            log = game.ask("GET", first["builder_log_uri"].split(str(game.port))[1]
                           + "?from_start=true")
            self.assertEqual(log[0], 200)
            begun = time.monotonic()
            with (folder / "main.py").open("a") as file:
                file.write("# changed\n")
            second = eventually(lambda: game.running("1", first["deployment_id"]), 60, "change")
            seconds = time.monotonic() - begun
            print(f"Python: changed code live after {seconds:.2f} s")
            self.assertLess(seconds, 6)
            # A requirement that doesn't exist: the version before goes on.
            (folder / "requirements.txt").write_text("updraft-no-such-package-0b7e==9\n")
            eventually(lambda: "has no environment" in game.log, 300, "pip's failure")
            self.assertEqual(game.running("1")["deployment_id"], second["deployment_id"])

    def test_logs_are_followed_while_a_model_runs_restarts_and_is_deleted(self):
        with running() as game:
            main = "import sys, time\nprint('hello', flush=True)\n"
            status, model = game.send("POST", "/models", [], [("main.py", main)])
            self.assertEqual(status, 200, model)
            first = eventually(lambda: game.running("1"), 600, "the model")
            connection = http.client.HTTPConnection("127.0.0.1", game.port, timeout=60)
            connection.request("GET", "/models/logs/runner/1?follow=true&from_start=true")
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            self.assertIn(first["deployment_id"], answer.readline().decode())
            status, updated = game.send("PATCH", "/models/1", [], [("main.py", main + "#\n")])
            self.assertEqual(status, 200)
            self.assertNotEqual(updated["submission_id"], model["submission_id"])
            second = eventually(lambda: game.running("1", first["deployment_id"]), 60, "update")
            seen = ""
            while second["deployment_id"] not in seen:
                seen = answer.readline().decode()
            self.assertEqual(game.ask("DELETE", "/models/1")[0], 204)
            rest = answer.read().decode()
            self.assertIn("the process", rest, "it ends when the model is gone")
            connection.close()
            self.assertEqual(list((game.folder / "storage/submissions").iterdir()), [])
            self.assertEqual(game.models(), {})

    def test_deployed_models_survive_a_restart_and_models_yml_is_never_written(self):
        game = Orchestrator(models="# mine\nmodels:\n" + native(7))
        game.submission("native", serve=SERVING.read_text())
        game.start()
        listed = (game.folder / "models.yml").read_text()
        try:
            eventually(lambda: game.running("7"), what="the model")
            status, model = game.send(
                "POST", "/models", [("desired_state", "STOPPED")], [("main.py", "")])
            self.assertEqual((status, model["id"]), (200, "8"))
            status, _ = game.send("PATCH", "/models/7", [("desired_state", "STOPPED")])
            self.assertEqual(status, 200)
            eventually(lambda: game.models()["7"]["status"] == "RUNNER_STOPPED", what="the stop")
            self.assertEqual(game.ask("DELETE", "/models/7")[0], 409)
            game.process.send_signal(signal.SIGTERM)
            self.assertEqual(game.process.wait(15), 0)
            game.log_path.unlink()
            game.start()
            self.assertEqual({key: row["desired_state"] for key, row in game.models().items()},
                             {"7": "STOPPED", "8": "STOPPED"})
            self.assertEqual((game.folder / "models.yml").read_text(), listed)
            (game.folder / "models.yml").write_text(listed.replace("native,", "native, name: x,"))
            eventually(lambda: game.running("7"), what="the edited entry")
        finally:
            self.assertEqual(game.stop(), 0)

    def test_followers_and_their_number_are_bounded(self):
        game = Orchestrator("followers-max: 2\n", models="models:\n" + native(1))
        game.submission("native", serve=SERVING.read_text())
        game.start()
        try:
            eventually(lambda: game.running("1"), what="the model")
            path = "/models/logs/runner/1?follow=true&from_start=true"
            followers = []
            for _ in range(2):
                connection = http.client.HTTPConnection("127.0.0.1", game.port, timeout=30)
                connection.request("GET", path)
                self.assertEqual(connection.getresponse().status, 200)
                followers.append(connection)
            self.assertEqual(game.ask("GET", path)[0], 503)
            for connection in followers:
                connection.close()
            eventually(lambda: game.ask("GET", path.replace("follow=true", "follow=false"))[0]
                       == 200, 20, "a place")
            # A follower doesn't hold up the end.
            connection = http.client.HTTPConnection("127.0.0.1", game.port, timeout=30)
            connection.request("GET", path)
            connection.getresponse()
            self.addCleanup(connection.close)
        finally:
            begun = time.monotonic()
            self.assertEqual(game.stop(), 0)
            self.assertLess(time.monotonic() - begun, 10)


class CommandLine(unittest.TestCase):
    def updraft(self, game, *words, code=0):
        done = subprocess.run(
            [UPDRAFT, "models", *words, "--url", f"http://127.0.0.1:{game.port}"],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def test_updraft_models(self):
        game = Orchestrator(models="models:\n" + native(1))
        game.submission("native", serve=SERVING.read_text())
        game.start()
        try:
            eventually(lambda: game.running("1"), what="the model")
            table = self.updraft(game, "ls").splitlines()
            self.assertTrue(table[0].startswith("id"), table)
            self.assertIn("RUNNER_RUNNING", table[1])
            self.assertEqual(json.loads(self.updraft(game, "ls", "--json"))[0]["id"], "1")
            folder = game.folder / "mine"
            (folder / "lib").mkdir(parents=True)
            (folder / "main.py").write_text("")
            (folder / "lib" / "a.py").write_text("")
            (folder / ".hidden").write_text("")
            made = self.updraft(game, "add", str(folder), "--stopped", "--name", "Mine").strip()
            self.assertEqual(made, "2")
            row = game.models()["2"]
            kept = game.folder / "storage/submissions" / row["submission_id"]
            self.assertEqual(sorted(str(p.relative_to(kept)) for p in kept.rglob("*.*")),
                             ["lib/a.py", "main.py"])
            self.assertEqual((row["model_name"], row["desired_state"]), ("Mine", "STOPPED"))
            (game.folder / "n.ipynb").write_text(notebook("import unheard_of"))
            told = self.updraft(game, "update", "2", str(game.folder / "n.ipynb"))
            self.assertIn("import unheard_of", told)
            self.updraft(game, "stop", "1")
            eventually(lambda: game.models()["1"]["status"] == "RUNNER_STOPPED", what="the stop")
            self.updraft(game, "start", "1")
            eventually(lambda: game.running("1"), what="the start")
            self.assertIn("on port", self.updraft(game, "logs", "1"))
            self.updraft(game, "rm", "2")
            self.assertEqual(list(game.models()), ["1"])
            self.assertIn("models.yml", self.updraft(game, "rm", "1", code=1))
            self.assertIn("there is no model 9", self.updraft(game, "stop", "9", code=1))
            follower = subprocess.Popen(
                [UPDRAFT, "models", "logs", "-f", "1", "--url", f"http://127.0.0.1:{game.port}"],
                stdout=subprocess.PIPE, text=True)
            self.assertIn("port", follower.stdout.readline())
            follower.terminate()
            follower.wait(10)
            follower.stdout.close()
        finally:
            self.assertEqual(game.stop(), 0)
        done = subprocess.run([UPDRAFT, "models", "ls", "--url", "http://127.0.0.1:1"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (69, 1), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
