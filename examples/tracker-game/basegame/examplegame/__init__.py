"""Updraft's example competition: say how prices will move, as a density for each step ahead."""

from .prices import PriceStore
from .tracker import TrackerBase

__all__ = ["PriceStore", "TrackerBase"]
