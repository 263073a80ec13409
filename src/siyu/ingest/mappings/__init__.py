"""Mappings: the built-in ones, the synonyms behind them, and proposals for a file never seen before."""
