"""Screens of this app, split by noun."""
