"""RFM: every buyer's recency, frequency and monetary value at a day, scored, in a grid and in eight segments."""

from siyu.audiences.rfm.reading import customer_rows, members, snapshot
from siyu.audiences.rfm.scoring import LABELS, quantiles, score

__all__ = ["LABELS", "customer_rows", "members", "quantiles", "score", "snapshot"]
