"""The demo brand: 鲜果里, a fruit chain that does not exist, with its people and a year of orders made from a seed.

Owns: nothing stored. Words: demo brand, export, layout, campaign, planted. Publishes and listens to nothing.
Limits: all persons are invented; their numbers may belong to somebody, so they are only ever used in the
sandbox. The same size, seed and day make the same brand, whatever its size: it is made in blocks of customers.
"""
