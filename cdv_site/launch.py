"""`run.py` inside the environment: serve, manage, servers, test, bench."""

import argparse
import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from socket import socket

import psycopg
from django.core.exceptions import ImproperlyConfigured

from . import addresses, embedded, processes, services
from .demo_accounts import DEMO_ACCOUNTS
from .env import BadSetting
from .supervisor import StopAsked, Supervisor
from .throwaway import run_on_throw_away_servers

WITHOUT_SERVERS = ("match",)  # benchmarks of pure code
MANAGE = [sys.executable, "manage.py"]
ANTICIPATED = (
    embedded.EmbeddedFailed,
    addresses.NoAddress,
    BadSetting,
    ImproperlyConfigured,
    psycopg.OperationalError,
)


def say(text: str) -> None:
    print(text, flush=True)


def main(argv: list[str]) -> int:
    verbs = {"manage": manage, "servers": servers, "test": test, "bench": bench}
    try:
        if argv[:1] and argv[0] in verbs:
            return verbs[argv[0]](argv[1:])
        return serve(_serve_options(argv))
    except StopAsked:
        return 130
    except subprocess.CalledProcessError as error:
        say(f"`{' '.join(error.cmd[1:])}` failed.")
        return 1
    except ANTICIPATED as error:
        say(str(error))
        return 1


def _serve_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Start the site. Other verbs: run.py manage … | servers | test … | bench NAME.",
    )
    parser.add_argument("--port", type=int, help="the port to listen on (default: the first free one from 8000)")
    parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--demo", action="store_true", help="load the demo and its known passwords into DATABASE_URL")
    parser.add_argument("--no-demo", action="store_true", help="leave the embedded database empty")
    return parser.parse_args(argv)


# --- serve -------------------------------------------------------------------
def serve(options: argparse.Namespace) -> int:
    """Start all, keep all up, stop all in order."""
    from . import settings  # noqa: F401  (a setting that cannot be used is told before anything starts)

    say("Starting …")

    with _supervised_servers() as supervisor, addresses.take(options.bind, options.port) as listener:
        try:
            _start_site(supervisor, listener, options)
            supervisor.run()
        except StopAsked:
            say("\nStopping …")
    return 0


def _start_site(supervisor: Supervisor, listener: socket, options: argparse.Namespace) -> None:
    """Services, address, sign-ins; then, with the site up and kept up, what takes longer."""
    demo = options.demo or ("DATABASE_URL" not in os.environ and not options.no_demo)
    env = {**os.environ, "CDV_DEMO": "1"} if demo else dict(os.environ)
    _manage(supervisor, "prepare", *(["--demo"] if demo else []), env=env)
    nobody = not _somebody_can_sign_in()
    env.pop("DATABASE_OWNER_URL", None)  # who serves need not know the owner
    parts = {"logs": _logs(), "env": env}
    supervisor.add(services.worker(**parts))
    supervisor.add(services.scheduler(**parts))
    supervisor.add(services.web(listener=listener, **parts))
    addresses.wait_until_answered(listener, meanwhile=supervisor.check)
    _welcome(addresses.url_of(listener), DEMO_ACCOUNTS if demo else (), nobody=nobody)
    if demo:
        _load_demo(supervisor, env)
    elif nobody and sys.stdin.isatty():
        _ask_for_administrator(supervisor, env)


def _welcome(address: str, accounts: Sequence[tuple[str, str, str]], *, nobody: bool) -> None:
    say(f"\n  {address}\n")
    for role, name, password in accounts:
        say(f"  {role:<16} {name:<11} {password}")
    if nobody:
        say("  Nobody can sign in yet: python3 run.py manage createsuperuser")
    say("\n  Ctrl-C stops everything.\n")


def _load_demo(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """The site is open meanwhile; what a killed launcher has begun is gone on with. Done already: nothing is said."""
    if supervisor.run_beside([*MANAGE, "demo", "--if-unfinished"], env=env, cwd=embedded.CHECKOUT):
        say("The demo could not be loaded; the site is up without it.")


def _ask_for_administrator(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """Without the demo nobody can sign in yet: ask for the first administrator. Given up, the site stays up."""
    say("The first administrator:")
    supervisor.run_beside([*MANAGE, "createsuperuser"], env=env, cwd=embedded.CHECKOUT, asks=True)


def _somebody_can_sign_in() -> bool:
    with psycopg.connect(os.environ.get("DATABASE_URL") or embedded.database_url()) as connection:
        return connection.execute("SELECT EXISTS (SELECT FROM profiles_user WHERE is_active)").fetchone()[0]


def _manage(supervisor: Supervisor, *arguments: str, env: Mapping[str, str]) -> None:
    argv = [*MANAGE, *arguments]
    if code := supervisor.run_beside(argv, env=env, cwd=embedded.CHECKOUT):
        raise subprocess.CalledProcessError(code, argv)


# --- the embedded servers of this checkout -----------------------------------
@contextlib.contextmanager
def _supervised_servers() -> Iterator[Supervisor]:
    """The embedded servers that no environment variable replaces, once per checkout; all is stopped on the way out."""
    base = embedded.private_dir(embedded.state_dir(), mode=embedded.ENTRY_MODE)
    with _only_one(base / "lock"):
        roster = processes.Roster(base / "processes.json")
        if left := roster.end_leftovers():
            say(f"Ended what an earlier start had left running: {', '.join(left)}.")
        supervisor = Supervisor(roster, say)
        supervisor.listen()
        try:
            if "DATABASE_URL" not in os.environ:
                embedded.serve(embedded.Postgres(base), supervisor, _logs())
            if "REDIS_URL" not in os.environ:
                embedded.serve(embedded.Redis(base), supervisor, _logs())
            yield supervisor
        finally:
            supervisor.stop()


def _logs() -> Path:
    return embedded.private_dir(embedded.state_dir() / "logs")


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """One launcher per checkout; the kernel drops the lock when it ends, however it ends."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("This checkout is running already.") from None
        yield


def manage(arguments: list[str]) -> int:
    """Any management command; starts the embedded servers for it when the site is not running."""
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" not in os.environ and not _answers():
            stack.enter_context(_supervised_servers())
        return processes.run([*MANAGE, *arguments], env=os.environ, cwd=embedded.CHECKOUT)


def servers(arguments: list[str]) -> int:
    """Only PostgreSQL and Redis, for development; `manage.py` finds them by itself."""
    with _supervised_servers() as supervisor:
        say(
            f"PostgreSQL  {embedded.database_url()}\n  as owner  {embedded.owner_url()}\nRedis       {embedded.redis_url()}\n\nCtrl-C stops them."
        )
        with contextlib.suppress(StopAsked):
            supervisor.run()
    return 0


def _answers() -> bool:
    try:
        psycopg.connect(embedded.owner_url(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


# --- test and bench ----------------------------------------------------------
def test(arguments: list[str]) -> int:
    """The suite on private throw-away servers, two processes unless told otherwise; `--long` for the full figures."""
    parallel = [] if any(word.startswith("-n") for word in arguments) else ["-n", "2", "--dist", "worksteal"]
    argv = [sys.executable, "-m", "pytest", *parallel, *arguments]
    return run_on_throw_away_servers(argv, options=embedded.THROW_AWAY, say=say)


def bench(arguments: list[str]) -> int:
    """One benchmark of tests/benchmarks by name, on a private server that syncs to disk as a real one does."""
    known = sorted(path.stem for path in (embedded.CHECKOUT / "tests" / "benchmarks").glob("[!_]*.py"))
    if not arguments or arguments[0] not in known:
        say(f"usage: run.py bench NAME, with NAME one of: {', '.join(known)}")
        return 2
    argv = [sys.executable, "-m", f"tests.benchmarks.{arguments[0]}", *arguments[1:]]
    if arguments[0] in WITHOUT_SERVERS:
        return processes.run(argv, env=os.environ, cwd=embedded.CHECKOUT)
    return run_on_throw_away_servers(argv, options=embedded.DURABLE, say=say, as_owner=True)  # they VACUUM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
