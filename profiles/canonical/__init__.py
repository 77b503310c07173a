"""Standardisers: pure functions from what a source sent to canonical values. No Django in here."""
