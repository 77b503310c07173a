"""Suppression: whoever was erased does not come back with the next file."""
