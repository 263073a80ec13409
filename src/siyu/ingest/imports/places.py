"""Where a file says that people belong: its words for store and guide, as places and staff of the organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from siyu.customers.contracts import PlaceIn
from siyu.org import queries as org

# The profile fields whose words are looked up.
STORE, GUIDE = "store", "guide"


class Places:
    """Asks the organisation once for each word. Words that lead nowhere place nobody and stay in the profile."""

    def __init__(self) -> None:
        self._nodes: dict[str, int | None] = {}
        self._staff: dict[str, int | None] = {}

    def learn(self, profiles: Sequence[Mapping[str, str]]) -> None:
        """Looks up the words of these profiles that are new."""
        stores = {profile[STORE] for profile in profiles if STORE in profile} - self._nodes.keys()
        guides = {profile[GUIDE] for profile in profiles if GUIDE in profile} - self._staff.keys()
        if stores:
            self._nodes |= dict.fromkeys(stores) | org.nodes_by_text(stores)
        if guides:
            self._staff |= dict.fromkeys(guides) | org.staff_by_text(guides)

    def place_of(self, profile: Mapping[str, str]) -> PlaceIn | None:
        """The place that a profile names; None if it names none that is known."""
        node_id, staff_id = self._nodes.get(profile.get(STORE, "")), self._staff.get(profile.get(GUIDE, ""))
        return PlaceIn(node_id, staff_id) if node_id or staff_id else None
