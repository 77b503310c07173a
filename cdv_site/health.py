"""Is it alive, is it ready: for load balancers and the launcher."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and is migrated. A broker that is away is told but does not close the site."""
    found = {name: _state(check) for name, check in CHECKS.items()}
    ready = found["database"] == found["migrations"] == "ok"
    return JsonResponse(found, status=200 if ready else 503)


def _state(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, redis.RedisError, OSError):
        return "unreachable"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def is_migrated() -> bool:
    """Whether the database has every migration of this code."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _migrations() -> str:
    return "ok" if is_migrated() else "pending"


def _broker() -> str:
    url = settings.REDIS_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "broker": _broker}
