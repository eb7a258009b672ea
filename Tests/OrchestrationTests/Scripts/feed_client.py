"""A coordinator for tests, on the Python `websockets` package: feed_client.py PORT CRUNCH.

Prints each message on a line, and reports the first model that it hears of.
"""

import asyncio
import json
import sys

import websockets


async def main():
    port, crunch = sys.argv[1:]
    async with websockets.connect(f"ws://127.0.0.1:{port}/{crunch}") as socket:
        reported = False
        async for text in socket:
            message = json.loads(text)
            print(message["event"], *[m["model_id"] for m in message["data"]][:3],
                  len(message["data"]), flush=True)
            if not reported:
                reported = True
                report = {
                    "model_id": message["data"][0]["model_id"],
                    "failure_code": "MULTIPLE_TIMEOUT",
                    "failure_reason": None,
                    "ip": message["data"][0]["ip"],
                }
                await socket.send(json.dumps({"event": "report_failure", "data": [report]}))
    print("closed", socket.close_code, flush=True)


asyncio.run(main())
