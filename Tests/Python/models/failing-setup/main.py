"""Its constructor raises."""

from examplegame import TrackerBase


class FailingSetup(TrackerBase):
    def __init__(self):
        raise RuntimeError("no weights found")
