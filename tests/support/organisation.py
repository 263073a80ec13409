"""A small chain: two regions with a store each, and people with roles in it."""

from __future__ import annotations

from dataclasses import dataclass

from siyu.org import queries, services
from siyu.org.contracts import SYSTEM, NodeKind, Viewer
from siyu.org.models import Staff

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Chain:
    """Ids of places."""

    company: int
    east: int
    west: int
    east_store: int
    west_store: int

    @classmethod
    def make(cls) -> Chain:
        company = queries.root().id
        east, west = _node(company, NodeKind.REGION, "E", "华东"), _node(company, NodeKind.REGION, "W", "西南")
        stores = _node(east, NodeKind.STORE, "E1", "徐汇店"), _node(west, NodeKind.STORE, "W1", "武侯店")
        return cls(company, east, west, *stores)

    def path(self, node_id: int) -> str:
        return queries.node(SYSTEM, node_id).path

    def store(self, code: str) -> int:
        """Another store in the east."""
        return _node(self.east, NodeKind.STORE, code, code)


def _node(parent_id: int, kind: NodeKind, code: str, name: str) -> int:
    return services.create_node(viewer=SYSTEM, parent_id=parent_id, kind=kind, code=code, name=name)


NODE_FILE = "编码,名称,类型,上级,城市\nS,华南,大区,,\nS1,天河店,门店,S,广州\nS2,福田店,门店,S,深圳\n"


def person(role: str, node_id: int, email: str = "") -> Viewer:
    """Somebody new with a role at a place, as viewer."""
    staff_id = services.create_staff(
        email=email or f"{role}@example.com", name=role, password=PASSWORD, role=role, node_id=node_id
    )
    return queries.viewer_of(Staff.objects.get(pk=staff_id))
