"""The data scope as a bitmap: which customers exist for a viewer. Every count, cell, list and export passes here."""

from __future__ import annotations

from pyroaring import BitMap

from siyu.audiences import planner, sql
from siyu.customers import queries as customers
from siyu.org.contracts import NOBODY, Viewer
from siyu.warehouse import client
from siyu.warehouse import queries as warehouse


def visible(viewer: Viewer, ids: BitMap) -> BitMap:
    """Those of `ids` that exist for the viewer."""
    return ids if viewer.scope.everything else ids & members(viewer)


def members(viewer: Viewer) -> BitMap:
    """Everybody within the viewer's scope, as far as the warehouse knows; kept in memory until something new arrives.

    Only for scopes that are not everything. The set is shared: combine it, never change it.
    """
    if viewer.scope == NOBODY:
        return BitMap()
    clause, params = customers.scope_clause(viewer)
    wh, position = client.connect(), str(warehouse.reached())
    key = ("scope", repr(sorted(params.items())), position, wh.url)
    found = planner.cache.get(key)
    if found is None:
        found = wh.bitmap(f"SELECT groupBitmapState({sql.ROOT}) FROM profiles WHERE {clause}", params)
        planner.cache.put(key, found)
    return found
