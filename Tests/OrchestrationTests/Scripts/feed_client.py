"""pip's model-runner-client for tests: feed_client.py PORT CRUNCH.

Its models are connected at once without a network. Prints a line for each event: its name, the
first entries' model ids, how many entries it has, and how many models the client then holds; and
reports the first model that it hears of.
"""

import asyncio
import sys

from model_runner_client.model_cluster import ModelCluster
from model_runner_client.model_runners import ModelRunner


class Model(ModelRunner):
    """A model that is there as soon as it is named."""

    async def init(self):
        return True, None


async def main():
    port, crunch = sys.argv[1:]
    cluster = ModelCluster(crunch, "127.0.0.1", int(port), Model)
    client = cluster.ws_client
    handle, closed = client.event_handler, asyncio.Event()
    reported = False

    async def note(event, data):
        nonlocal reported
        await handle(event, data)
        print(event, *[m["model_id"] for m in data][:3], len(data), len(cluster.models_run),
              flush=True)
        if not reported:
            reported = True
            first = cluster.models_run[data[0]["model_id"]]
            await cluster.process_failure(first, "MULTIPLE_TIMEOUT")

    client.event_handler = note
    client.retry_interval = 3600  # the end of the connection is what is waited for
    await cluster.init()
    listening = asyncio.create_task(cluster.sync())
    await client.websocket.wait_closed()
    print("closed", client.websocket.close_code, flush=True)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


asyncio.run(main())
