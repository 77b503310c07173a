"""Rows that keep a part of themselves sealed: opened when they are read, sealed when they are saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import orjson
from django.db import models

from profiles.encryption import Place, decrypt, encrypt


class Sealed(models.Model):
    """A row about one `field` of a customer whose values may be sensitive: those of `SEALS` then lie in `sealed` alone.

    An instance that was read holds them in clear, and `save` seals them again. `values()`, raw SQL and bulk statements see
    what is stored: the field's default where the value is sealed.
    """

    SEALS: ClassVar[tuple[str, ...]] = ()

    sealed = models.BinaryField(
        null=True, editable=False, help_text="Its values, where they are sensitive; see profiles/sensitive.py."
    )

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields is None or set(self.SEALS) & set(update_fields):
            update_fields = update_fields and {*update_fields, *self.SEALS, "sealed"}
            with self._as_stored():
                super().save(*args, update_fields=update_fields, **kwargs)
        else:
            super().save(*args, update_fields=update_fields, **kwargs)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        if sealed := row.__dict__.get("sealed"):
            values = orjson.loads(decrypt(sealed, place=row.sealed_place()))
            for name, value in zip(cls.SEALS, values, strict=True):
                setattr(row, name, value)
        return row

    @contextmanager
    def _as_stored(self) -> Iterator[None]:
        """With the values taken out of clear, for as long as it is written."""
        from profiles import schema, sensitive

        held = {name: getattr(self, name) for name in self.SEALS}
        self.sealed = None
        if sensitive.is_sealed(self.field, schema.published()):
            self.sealed = encrypt(orjson.dumps(list(held.values())), place=self.sealed_place())
            for name in self.SEALS:
                setattr(self, name, type(held[name])())
        try:
            yield
        finally:
            for name, value in held.items():
                setattr(self, name, value)

    def sealed_place(self) -> Place:
        """Where it lies: known before the row has a key."""
        return Place(self._meta.db_table, "sealed", f"{self.record_id}:{self.field}")
