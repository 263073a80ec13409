"""The pages that compose several packages: overview, customers, imports, audiences, recall plans, settings.

Owns: the console's addresses and middleware. Words: page, shell. Publishes and listens to nothing.
Limits: no rules of its own: a view parses, calls one service or reads queries, and renders.
"""
