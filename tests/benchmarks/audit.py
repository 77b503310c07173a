"""`run.py bench audit`: sealing and checking 1,000,000 events."""

import os
import sys
import time

import django


def main(count: int = 1_000_000) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    from django.db import connection

    from governance.sealing import seal_waiting
    from governance.verifying import verify

    with connection.cursor() as cursor:
        for first in range(0, count, 50_000):
            cursor.execute(
                "INSERT INTO profiles_auditevent (at, actor_id, actor_name, request_id, action, object_type, object_id,"
                " subject_ids, detail, outcome) SELECT now(), 1, 'ada', gen_random_uuid(), 'customer.read',"
                " 'profiles.Profile', gen_random_uuid(), ARRAY[gen_random_uuid()], jsonb_build_object('n', n), 'done'"
                " FROM generate_series(%s::int, %s::int) n",
                [first, min(first + 50_000, count) - 1],
            )
    began = time.perf_counter()
    seals = seal_waiting(limit=sys.maxsize)
    sealed = time.perf_counter()
    report = verify()
    checked = time.perf_counter()
    print(f"events {report.events:,}  seals {seals:,}  sound {report.is_sound}")
    print(f"sealing {sealed - began:.1f} s  {report.events / (sealed - began):,.0f} events/s")
    print(f"checking {checked - sealed:.1f} s  {report.events / (checked - sealed):,.0f} events/s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
