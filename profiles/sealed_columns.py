"""The columns of this app that hold sealed values. See rotation.py."""

from .rotation import sealed_column

sealed_column("profiles_sourcerecord", "payload")
sealed_column("profiles_recordversion", "payload", place=("profiles_sourcerecord", "payload"), row="record_id")
sealed_column("profiles_recordversion", "sealed", place=("profiles_sourcerecord", "sealed"), row="record_id")
sealed_column("profiles_quarantinedrow", "payload")
