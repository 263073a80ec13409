"""Rules: a JSON document of groups and leaves, checked, in canonical form, and in words. Pure."""

from siyu.audiences.rules.parsing import Parsed, parse
from siyu.audiences.rules.tree import Broken, Group, Leaf, Node, canonical, leaves, rule_hash
from siyu.audiences.rules.wording import in_words

__all__ = ["Broken", "Group", "Leaf", "Node", "Parsed", "canonical", "in_words", "leaves", "parse", "rule_hash"]
