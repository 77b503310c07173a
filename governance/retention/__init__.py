"""Retention: what is older than its window goes, in bounded batches, unless a hold, a duty or an open request keeps it."""
