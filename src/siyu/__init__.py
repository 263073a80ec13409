"""Siyu: a brand's private domain, from the first import to what it really brought."""
