"""Which records of a table are one person: for certain by equal keys, probably by likeness of everything else.

Pure: a table of texts comes in, numbers of clusters go out; nothing is read from or written to a store. Records that
share a key value belong together, and so does everybody who hangs together through such records. What no key joins may
still be alike: such pairs get a probability that they are one person (Fellegi and Sunter 1969, with the parameters
estimated from the table itself as in Winkler 1988).

Limits: a table lies in memory; candidates of likeness are cut at `blocking.MAX_PAIRS`.
"""

from siyu.customers.linkage.clusters import Clusters, by_keys, joined
from siyu.customers.linkage.keys import Key, UnknownColumns, key_of, prepared, values
from siyu.customers.linkage.likeness import Likeness, TooAlike, likely_pairs, telling_columns

__all__ = [
    "Clusters",
    "Key",
    "Likeness",
    "TooAlike",
    "UnknownColumns",
    "by_keys",
    "joined",
    "key_of",
    "likely_pairs",
    "prepared",
    "telling_columns",
    "values",
]
