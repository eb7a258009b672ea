"""The example's participants, checked without any server.

    pip install ./basegame
    python tests/test_participants.py
"""

import pathlib
import unittest

from examplegame import TrackerBase
from examplegame.densities import norm
from examplegame.testing import check, load

MODELS = pathlib.Path(__file__).parent.parent / "models"


class ParticipantTests(unittest.TestCase):
    def test_the_good_ones_do_what_the_game_asks(self):
        for name in ("gaussian", "student-walk", "clustering"):
            with self.subTest(name):
                check(load(MODELS / name))

    def test_the_misbehaving_one_is_found_out(self):
        model = load(MODELS / "misbehaving")
        with self.assertRaisesRegex(RuntimeError, "this model has a bug"):
            # Its first call is slow, which is allowed here.
            check(model, seconds_max=60)


class CheckTests(unittest.TestCase):
    def refused(self, answer, words):
        class Tracker(TrackerBase):
            def predict(self, asset, horizon, step):
                return answer

        with self.assertRaisesRegex(AssertionError, words):
            check(Tracker, questions=[("BTC", 4, 2)])

    def test_answers_that_the_game_would_refuse_are_refused(self):
        good = norm(0.0, 0.001)
        self.refused(None, "list of 2 densities, got NoneType")
        self.refused([good], "list of 2 densities, got 1")
        self.refused([good, norm(0.0, float("nan"))], "step 2: scale must be a finite number")
        self.refused([good, norm(0.0, 0.0)], "step 2: scale must be > 0")
        self.refused([good, {"type": "builtin", "name": "norm", "params": {}}], "needs loc, scale")
        self.refused([good, 7], "step 2: must be a dict")


if __name__ == "__main__":
    unittest.main()
