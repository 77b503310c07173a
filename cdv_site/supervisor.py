"""Keeping the servers and services up: start in order, restart what ends, stop in the reverse order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .processes import Command, Roster, foreground, start, stop, stop_together, wait_for

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


@dataclass(slots=True)
class Service:
    """A process that should run, and how it is doing."""

    command: Command
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None


class Supervisor:
    """Runs commands in the order they are added. All starts happen in the thread that made it: children end with it."""

    def __init__(self, roster: Roster, say: Callable[[str], None]) -> None:
        self.roster, self.say = roster, say
        self.services: dict[str, Service] = {}
        self.stopping = False

    def add(self, command: Command) -> subprocess.Popen[bytes]:
        """Start a service and keep it up from now on."""
        service = Service(command, start(command), time.monotonic())
        self.services[command.name] = service
        self._note()
        return service.process

    def listen(self) -> None:
        """Ctrl-C and SIGTERM stop everything in order."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._stop_asked)

    def run(self) -> None:
        """Watch until a stop is asked."""
        while not self.stopping:
            self.check()
            time.sleep(0.25)

    def run_beside(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, asks: bool = False) -> int:
        """Run a command to its end, keeping the services up meanwhile; returns its exit code. One that `asks` holds
        the terminal: Ctrl-C reaches it too, and it has a moment to give the terminal back."""
        process = foreground(argv, env=env, cwd=cwd, own_session=not asks)
        try:
            while process.poll() is None:
                self.check()
                time.sleep(0.05)
        finally:
            if asks:
                wait_for(process, seconds=2)
            stop(process)
        return process.returncode

    def check(self) -> None:
        """Restart what has ended, after a pause that doubles while it keeps ending."""
        now = time.monotonic()
        for service in self.services.values():
            if service.process.poll() is None:
                continue
            if service.restart_at is None:
                service.pause = FIRST_PAUSE if now - service.started > 60 else min(service.pause * 2, LONGEST_PAUSE)
                service.restart_at = now + service.pause
                self.say(
                    f"{service.command.name} ended ({service.process.returncode}, see {service.command.log});"
                    f" it is started again in {service.pause:.0f} s."
                )
            elif now >= service.restart_at:
                service.process, service.started, service.restart_at = start(service.command), now, None
                self._note()

    def stop(self) -> None:
        """What needs the servers first, all together; then the servers in the reverse order of starting, PostgreSQL last."""
        stop_together([service.process for service in self.services.values() if not service.command.server])
        for service in reversed(self.services.values()):
            stop(service.process, service.command.stop_signal)
        self.services.clear()
        self._note()

    def _note(self) -> None:
        self.roster.note({name: service.process for name, service in self.services.items()})

    def _stop_asked(self, signum: int, frame: FrameType | None) -> None:
        if self.stopping:
            return
        self.stopping = True
        raise StopAsked


class StopAsked(BaseException):
    """Somebody wants it to end; not an Exception, so that nothing swallows it on the way."""
