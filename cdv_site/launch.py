"""`run.py` inside the environment: serve, test, bench, manage."""

import argparse
import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg

from . import embedded, services
from .demo_accounts import DEMO_ACCOUNTS
from .processes import Roster
from .supervisor import StopAsked, Supervisor

FIRST_PORT = 8000
MANAGE = [sys.executable, "manage.py"]


def say(text: str) -> None:
    print(text, flush=True)


def main(argv: list[str]) -> int:
    verbs = {"test": test, "bench": bench, "manage": manage}
    if argv[:1] and argv[0] in verbs:
        return verbs[argv[0]](argv[1:])
    return serve(_serve_options(argv))


def _serve_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Start the site. Also: run.py test | bench | manage.")
    parser.add_argument(
        "--port", type=int, help=f"the port to listen on (default: the first free one from {FIRST_PORT})"
    )
    parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--demo", action="store_true", help="load the demo and its known passwords into DATABASE_URL")
    parser.add_argument("--no-demo", action="store_true", help="leave the embedded database empty")
    return parser.parse_args(argv)


# --- serve -------------------------------------------------------------------
def serve(options: argparse.Namespace) -> int:
    """Start all, keep all up, stop all in order."""
    base = embedded.private_dir(embedded.state_dir(), mode=0o711)
    with _only_one(base / "lock"):
        roster = Roster(base / "processes.json")
        if left := roster.end_leftovers():
            say(f"Ended what an earlier start had left running: {', '.join(left)}.")
        supervisor = Supervisor(roster, say)
        supervisor.listen()
        try:
            start_servers(supervisor, base)
            _start_site(supervisor, base, options)
            supervisor.run()
        except StopAsked:
            say("\nStopping …")
        except subprocess.CalledProcessError as error:
            say(f"`{' '.join(error.cmd[1:])}` failed.")
            return 1
        finally:
            supervisor.stop()
    return 0


def start_servers(supervisor: Supervisor, base: Path, options: dict[str, str] | None = None) -> None:
    """Start the embedded servers that no environment variable replaces."""
    if "DATABASE_URL" not in os.environ:
        _serve_embedded(supervisor, embedded.Postgres(base, options or embedded.DURABLE), base)
    if "REDIS_URL" not in os.environ:
        _serve_embedded(supervisor, embedded.Redis(base), base)


def _serve_embedded(supervisor: Supervisor, server: "embedded.Postgres | embedded.Redis", base: Path) -> None:
    server.prepare()
    log = base / "logs" / f"{type(server).__name__.lower()}.log"
    server.wait(supervisor.add(server.command(log)))


def _start_site(supervisor: Supervisor, base: Path, options: argparse.Namespace) -> None:
    demo = options.demo or ("DATABASE_URL" not in os.environ and not options.no_demo)
    environ = {**os.environ, "CDV_DEMO": "1"} if demo else dict(os.environ)
    port = options.port or _free_port(options.bind)
    _refuse_old_postgres()
    _manage("migrate", "--verbosity", "0", env=environ)
    commands = _commands(environ)
    if "setup_roles" in commands:
        _manage("setup_roles", env=environ)
    parts = {"logs": base / "logs", "env": environ}
    supervisor.add(services.worker(**parts))
    supervisor.add(services.scheduler(**parts))
    supervisor.add(services.web(bind=f"{options.bind}:{port}", **parts))
    if demo and "demo" in commands:
        _manage("demo", "--if-empty", env=environ)
    _wait_for_page(port, options.bind)
    _welcome(f"http://{'localhost' if options.bind == '127.0.0.1' else options.bind}:{port}/", demo, environ)


def _welcome(address: str, demo: bool, environ: dict[str, str]) -> None:
    say(f"\n  {address}\n")
    if demo:
        for role, name, password in DEMO_ACCOUNTS:
            say(f"  {role:<14} {name:<8} {password}")
    else:
        _ask_for_administrator(environ)
    say("\n  Ctrl-C stops everything.")


def _ask_for_administrator(environ: dict[str, str]) -> None:
    """Without the demo nobody can sign in yet: ask for the first administrator."""
    if _superusers() > 0:
        return
    if sys.stdin.isatty():
        say("  Nobody can sign in yet. The first administrator:")
        _manage("createsuperuser", env=environ)
    else:
        say("  Nobody can sign in yet: python3 run.py manage createsuperuser")


def _superusers() -> int:
    with psycopg.connect(_database_url()) as connection:
        return connection.execute("SELECT count(*) FROM profiles_user WHERE is_superuser AND is_active").fetchone()[0]


def _refuse_old_postgres() -> None:
    with psycopg.connect(_database_url()) as connection:
        if connection.info.server_version < 180000:
            raise SystemExit("PostgreSQL 18 is needed; DATABASE_URL leads to an older one.")


def _database_url() -> str:
    return os.environ.get("DATABASE_URL") or embedded.database_url()


def _manage(*arguments: str, env: dict[str, str]) -> None:
    subprocess.run([*MANAGE, *arguments], check=True, env=env, cwd=embedded.CHECKOUT)


def _commands(env: dict[str, str]) -> set[str]:
    names = "import django; django.setup(); from django.core.management import get_commands; print(*get_commands())"
    env = {**env, "DJANGO_SETTINGS_MODULE": "cdv_site.settings"}
    found = subprocess.run([sys.executable, "-c", names], check=True, env=env, capture_output=True, text=True)
    return set(found.stdout.split())


def _free_port(bind: str) -> int:
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((bind, port))
                return port
    raise SystemExit(f"No free port from {FIRST_PORT} up; choose one with --port.")


def _wait_for_page(port: int, bind: str, seconds: float = 60) -> None:
    host = "127.0.0.1" if bind == "0.0.0.0" else bind
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=5):
            return
        time.sleep(0.1)
    raise SystemExit("The site does not answer; see logs/web.log in the state directory.")


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """One launcher per checkout; the kernel drops the lock when it ends, however it ends."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("This checkout is running already.") from None
        yield


# --- manage ------------------------------------------------------------------
def manage(arguments: list[str]) -> int:
    """Any management command; starts the embedded database for it when the site is not running."""
    base = embedded.private_dir(embedded.state_dir(), mode=0o711)
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" not in os.environ and not _answers():
            stack.enter_context(_only_one(base / "lock"))
            supervisor = Supervisor(Roster(base / "processes.json"), say)
            supervisor.roster.end_leftovers()
            supervisor.listen()
            stack.callback(supervisor.stop)
            start_servers(supervisor, base)
        try:
            return subprocess.run([*MANAGE, *arguments], cwd=embedded.CHECKOUT, check=False).returncode
        except StopAsked:
            return 130


def _answers() -> bool:
    try:
        psycopg.connect(embedded.database_url(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


# --- test and bench ----------------------------------------------------------
def test(arguments: list[str]) -> int:
    """The suite on private throw-away servers, two processes unless told otherwise; `--long` for the full figures."""
    parallel = [] if any(word.startswith("-n") for word in arguments) else ["-n", "2"]
    return _on_throw_away_servers([sys.executable, "-m", "pytest", *parallel, *arguments])


def bench(arguments: list[str]) -> int:
    """One benchmark of tests/benchmarks by name."""
    known = sorted(path.stem for path in (embedded.CHECKOUT / "tests" / "benchmarks").glob("[!_]*.py"))
    if not arguments or arguments[0] not in known:
        say(f"usage: run.py bench NAME, with NAME one of: {', '.join(known)}")
        return 2
    return _on_throw_away_servers([sys.executable, "-m", f"tests.benchmarks.{arguments[0]}", *arguments[1:]])


def _on_throw_away_servers(argv: list[str]) -> int:
    from .throwaway import throw_away_servers

    try:
        with throw_away_servers(say) as environ:
            return subprocess.run(argv, env=environ, cwd=embedded.CHECKOUT, check=False).returncode
    except StopAsked:
        return 130
    except subprocess.CalledProcessError as error:
        say(f"`{' '.join(error.cmd[1:])}` failed.")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
