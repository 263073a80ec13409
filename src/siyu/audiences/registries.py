"""What other packages may add to `audiences`: kinds of leaves."""

from __future__ import annotations

from siyu.audiences.contracts import LeafKind
from siyu.kernel.registry import Registry

LEAVES: Registry[LeafKind] = Registry("audience leaf")
