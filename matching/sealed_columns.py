"""The columns of this app that hold sealed values. See profiles/rotation.py."""

from profiles.rotation import sealed_column

sealed_column("matching_fullrunpiece", "content", row="run_id || ':' || number")
