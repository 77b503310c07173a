"""Erasure: planned, approved by a second person, carried out target by target, swept, certified."""
