"""Pure decisions of `org`."""

from siyu.org.rules.places import holds_place, may_give, may_stand_below, moves_into_itself, place_of_line

__all__ = ["holds_place", "may_give", "may_stand_below", "moves_into_itself", "place_of_line"]
