"""A native model for tests: answers every gRPC call with SERVING; standard library only.

usage: serving_model.py PORT [ignore-term] [helper] [deaf] [exit]
  ignore-term  doesn't end at SIGTERM
  helper       starts a process of its own and says its id
  deaf         listens on nothing
  exit         ends at once with code 3
"""

import signal
import socket
import subprocess
import sys
import threading

SETTINGS, HEADERS, DATA, PING = 4, 1, 0, 6


def frame(kind, flags, stream, payload=b""):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def literal(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def read(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def serve(connection):
    try:
        read(connection, 24)
        connection.sendall(frame(SETTINGS, 0, 0))
        while True:
            head = read(connection, 9)
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream = int.from_bytes(head[5:], "big")
            payload = read(connection, size)
            if kind == SETTINGS and not flags & 1:
                connection.sendall(frame(SETTINGS, 1, 0))
            elif kind == PING and not flags & 1:
                connection.sendall(frame(PING, 1, 0, payload))
            elif kind in (HEADERS, DATA) and flags & 1:
                answer = b"\x88" + literal(b"content-type", b"application/grpc")
                connection.sendall(
                    frame(HEADERS, 4, stream, answer)
                    + frame(DATA, 0, stream, b"\x00\x00\x00\x00\x02\x08\x01")
                    + frame(HEADERS, 5, stream, literal(b"grpc-status", b"0"))
                )
    except (EOFError, OSError):
        connection.close()


def main():
    port, wishes = int(sys.argv[1]), sys.argv[2:]
    print("arguments", *sys.argv[1:], flush=True)
    if "exit" in wishes:
        sys.exit(3)
    if "ignore-term" in wishes:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "helper" in wishes:
        print("helper", subprocess.Popen(["sleep", "600"]).pid, flush=True)
    if "deaf" in wishes:
        signal.pause()
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
