"""Reads of `audiences`; every one takes the viewer."""

from siyu.audiences.queries.by_rule import (
    count,
    customer_ids,
    in_words,
    leaf_kinds,
    page_ids,
    preview,
    sample,
)
from siyu.audiences.queries.ranks import rfm, rfm_customers, rfm_rows, rfm_snapshot, rfm_today
from siyu.audiences.queries.saved import audience, audiences, member_ids, member_page, version_of

__all__ = [
    "audience",
    "audiences",
    "count",
    "customer_ids",
    "in_words",
    "leaf_kinds",
    "member_ids",
    "member_page",
    "page_ids",
    "preview",
    "rfm",
    "rfm_customers",
    "rfm_rows",
    "rfm_snapshot",
    "rfm_today",
    "sample",
    "version_of",
]
