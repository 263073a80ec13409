"""Where the demo brand has stores: regions, cities and districts as they are, and quarters that people know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

# Streets that nearly every city has: stores beyond the named quarters stand there.
STREETS = (
    "人民路", "中山路", "解放路", "建设路", "文化路", "和平路", "新华路", "光明路", "长江路", "黄河路",
    "学府路", "滨河路", "迎宾路", "胜利路", "育才路", "青年路", "友谊路", "公园路", "朝阳路", "振兴路",
)  # fmt: skip


@dataclass(frozen=True)
class City:
    """A city: `weight` is its share of the trade, `districts` names quarters by district."""

    name: str
    province: str
    code: str
    weight: int
    districts: dict[str, list[str]]

    def sites(self, count: int) -> list[tuple[str, str]]:
        """(district, name of a store's place) of `count` stores: quarters first, then streets, then second stores."""
        quarters = [(district, name) for district, names in self.districts.items() for name in names]
        short = {district: district.removesuffix("新区").removesuffix("区") for district in self.districts}
        streets = [(district, f"{short[district]}{street}") for street in STREETS for district in self.districts]
        known = [*quarters, *streets]
        found = []
        for place in range(count):
            round_, which = divmod(place, len(known))
            district, name = known[which]
            found.append((district, name if not round_ else f"{name}{round_ + 1}"))
        return found


@dataclass(frozen=True)
class Region:
    """A part of the country under one manager."""

    name: str
    code: str
    cities: tuple[City, ...]


@cache
def regions() -> tuple[Region, ...]:
    """All regions, as `places.json` lists them."""
    text = resources.files("siyu.sandbox.demo").joinpath("places.json").read_text(encoding="utf-8")
    return tuple(
        Region(entry["name"], entry["code"], tuple(City(**city) for city in entry["cities"]))
        for entry in json.loads(text)["regions"]
    )
