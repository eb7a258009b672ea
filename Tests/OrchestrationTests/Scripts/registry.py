"""A model registry for tests: `registry.py FOLDER` prints its port and answers each GET as the
files of FOLDER say, read anew each time. `answer.json` is the answer; `mode` is one of ok, error,
garbage, silent, close, endless. Each target that was asked for goes into `targets`, a line each."""
import http.server
import os
import sys
import threading

folder = sys.argv[1]
lock = threading.Lock()


def read(name, default):
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return default


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with lock, open(os.path.join(folder, "targets"), "a") as file:
            file.write(self.path + "\n")
        mode = read("mode", b"ok").strip()
        body = read("answer.json", b"[]")
        if mode == b"silent":
            while read("mode", b"ok").strip() == b"silent" and self.connection.fileno() >= 0:
                if not self.connection.recv(1):
                    return
        if mode == b"close":
            self.connection.close()
            return
        if mode == b"endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                return
        self.send_response(500 if mode == b"error" else 200)
        if mode == b"garbage":
            body = b"<html>not a list</html>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
