"""What the demo brand sells: fruit with prices and seasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fruit:
    """A product: its price in fen, the months in which it is bought most, and how much it is liked."""

    sku: str
    title: str
    price_fen: int
    months: tuple[int, ...]
    weight: float = 1.0
    # Whether it bears the way of a parcel.
    travels: bool = True


ALL_YEAR = tuple(range(1, 13))
FRUITS = (
    Fruit("XG1001", "丹东草莓 500g", 3980, (12, 1, 2, 3), 1.3, travels=False),
    Fruit("XG1002", "赣南脐橙 2.5kg", 3290, (11, 12, 1, 2)),
    Fruit("XG1003", "阿克苏苹果 2kg", 2990, (10, 11, 12, 1), 1.1),
    Fruit("XG1004", "海南妃子笑荔枝 1kg", 4580, (5, 6), 1.4),
    Fruit("XG1005", "8424西瓜 1个", 2680, (5, 6, 7, 8), 1.5, travels=False),
    Fruit("XG1006", "阳光玫瑰葡萄 500g", 2590, (7, 8, 9, 10), 1.3),
    Fruit("XG1007", "无锡水蜜桃 6枚", 5980, (6, 7, 8)),
    Fruit("XG1008", "攀枝花凯特芒 2.5kg", 4990, (8, 9, 10)),
    Fruit("XG1009", "仙居杨梅 1kg", 6880, (6,), 1.1, travels=False),
    Fruit("XG1010", "徐香猕猴桃 12枚", 3580, (9, 10, 11)),
    Fruit("XG1011", "砀山酥梨 2kg", 2190, (9, 10, 11, 12), 0.7),
    Fruit("XG1012", "巴西樱桃番茄 500g", 1290, ALL_YEAR, 0.5, travels=False),
    Fruit("XG1013", "进口香蕉 1kg", 1190, ALL_YEAR, 0.7, travels=False),
    Fruit("XG1014", "智利车厘子 1kg", 9980, (12, 1, 2), 1.2),
    Fruit("XG1015", "金枕榴莲 1个", 12900, (4, 5, 6, 7), 0.9, travels=False),
    Fruit("XG1016", "蓝莓 125g×2", 2980, ALL_YEAR, 0.6),
    Fruit("XG1017", "鲜切果盒 400g", 1990, ALL_YEAR, 0.7, travels=False),
    Fruit("XG1018", "椰青 2个", 2390, (5, 6, 7, 8, 9)),
    Fruit("XG1019", "红心火龙果 3个", 2790, ALL_YEAR, 0.4),
    Fruit("XG1020", "节日水果礼盒", 16800, (1, 2, 9), 0.9),
    Fruit("XG1021", "烟台大樱桃 1kg", 7880, (5, 6), 1.1),
    Fruit("XG1022", "新疆哈密瓜 1个", 3680, (6, 7, 8, 9), 0.8),
    Fruit("XG1023", "沃柑 2.5kg", 3990, (1, 2, 3, 4), 1.0),
    Fruit("XG1024", "突尼斯软籽石榴 6枚", 4580, (9, 10, 11), 0.7),
)
# A fruit in season is bought as often as this many out of season.
IN_SEASON_WEIGHT = 7.0


def weights(month: int, *, by_parcel: bool) -> list[float]:
    """How likely each fruit is in a month, in a store or in a parcel."""
    return [
        fruit.weight * (IN_SEASON_WEIGHT if month in fruit.months else 1.0) * (fruit.travels or not by_parcel)
        for fruit in FRUITS
    ]
