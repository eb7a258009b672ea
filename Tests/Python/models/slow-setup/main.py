"""Its constructor takes its time."""

import os
import time

from examplegame import TrackerBase


class SlowSetup(TrackerBase):
    def __init__(self):
        super().__init__()
        time.sleep(float(os.environ.get("SETUP_SECONDS", "5")))

    def predict(self, asset, horizon, step):
        return []
