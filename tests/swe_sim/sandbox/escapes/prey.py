"""What attacks are after: files, servers, and a process outside of every sandbox."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from swe_sim.sandbox.inside import kernel

WORD = "the-secret-of-the-host"


class Prey:
    """Things on this host that a canary without a sandbox reaches, and an attack must not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.secret.write_text(WORD)
        self.secret.chmod(0o644)
        self.sockets = []
        self.victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import time\nwhile True: time.sleep(60)"],
            env={"SECRET": WORD},
            cwd=folder,
            start_new_session=True,
            # Without privileges of its own it is as easy to trace as it can be.
            preexec_fn=kernel.drop_capabilities,
        )  # fmt: skip
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        self.tcp = self._serve(socket.AF_INET, stream, ("127.0.0.1", 0))
        self.udp = self._serve(socket.AF_INET, datagram, ("127.0.0.1", 0))
        self.named = str(folder / "stream.sock")
        self._serve(socket.AF_UNIX, stream, self.named)
        self.named_datagram = str(folder / "datagram.sock")
        self._serve(socket.AF_UNIX, datagram, self.named_datagram)
        self.abstract = f"swe-prey-{os.getpid()}"
        self._serve(socket.AF_UNIX, stream, f"\0{self.abstract}")
        self.abstract_datagram = f"swe-prey-datagram-{os.getpid()}"
        self._serve(socket.AF_UNIX, datagram, f"\0{self.abstract_datagram}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.free_port = free.getsockname()[1]
        self.is_over = threading.Event()
        threading.Thread(target=self._call, daemon=True).start()

    def _serve(self, family: int, kind: int, address: object) -> int:
        """Answer everybody with the secret. Returns the port, if there is one."""
        server = socket.socket(family, kind)
        server.bind(address)
        self.sockets.append(server)
        if kind == socket.SOCK_STREAM:
            server.listen(64)
        target = self._greet if kind == socket.SOCK_STREAM else self._echo
        threading.Thread(target=target, args=(server,), daemon=True).start()
        name = server.getsockname()
        return name[1] if isinstance(name, tuple) else 0

    def _greet(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = server.accept()
                with visitor, contextlib.suppress(OSError):
                    visitor.settimeout(0.2)
                    visitor.sendall(f"HTTP/1.0 200 OK\r\n\r\n{WORD}".encode())
                    visitor.recv(4096)

    def _echo(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, sender = server.recvfrom(4096)
                # A datagram may come from nobody who can be answered.
                self.heard = data
                if sender:
                    with contextlib.suppress(OSError):
                        server.sendto(WORD.encode(), sender)

    def _call(self) -> None:
        """Call whoever listens on the free port, again and again."""
        while not self.is_over.wait(0.02):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.free_port), 0.2).close()

    def facts(self) -> dict[str, object]:
        """Return where everything is, for attacks."""
        return {
            "word": WORD,
            "folder": str(self.folder),
            "secret": str(self.secret),
            "victim": self.victim.pid,
            "tcp": self.tcp,
            "udp": self.udp,
            "named": self.named,
            "named_datagram": self.named_datagram,
            "abstract": self.abstract,
            "abstract_datagram": self.abstract_datagram,
            "free_port": self.free_port,
            "home": str(Path(__file__).resolve().parents[4]),
        }

    def is_unharmed(self) -> bool:
        """Return whether the files and the process are as they were made."""
        return (
            self.victim.poll() is None
            and self.secret.read_text() == WORD
            and self.secret.stat().st_mode & 0o777 == 0o644
        )

    def close(self) -> None:
        self.is_over.set()
        for server in self.sockets:
            server.close()
        self.victim.kill()
        self.victim.wait()
