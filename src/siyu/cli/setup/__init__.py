"""Brings one store or one kind of file of an installation to this version; each module is one of them."""
