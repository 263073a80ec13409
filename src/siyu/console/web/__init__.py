"""Addresses and views of the console."""
