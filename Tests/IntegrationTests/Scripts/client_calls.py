"""Runs client_call.py once for each line of standard input, in one process.

A line is a JSON array of client_call.py's arguments; "--" lines of the output part the runs. The
packages that the client imports take seconds, the calls themselves don't.
"""

import asyncio
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Python"))

import client_call  # noqa: E402  (found through the path above)

for line in sys.stdin:
    asyncio.run(client_call.run(client_call.parse(json.loads(line))))
    print("--", flush=True)
