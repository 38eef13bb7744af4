"""A go-between to PostgreSQL's socket that can break a connection in the midst of a commit."""

import contextlib
import re
import socket
import threading
from pathlib import Path

BEGIN = re.compile(rb"Q.{4}BEGIN([^\x00]*)\x00", re.DOTALL)  # one that only reads says so here
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
SOCKET = ".s.PGSQL.5432"


class Cutter:
    """Passes everything on, but for the next commits of units that may write: `lose_answers` of them are done and not
    answered, `lose_commits` never arrive. Units that only read go on undisturbed: a server looks for work at any time.
    """

    def __init__(self, server: Path, folder: Path) -> None:
        self.lose_answers = 0
        self.lose_commits = 0
        self._server = server / SOCKET
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=self._to_client, args=(server, client), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        writes = False
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                begun = BEGIN.search(data)
                writes = not begun[1] if begun else writes
                ends = writes and COMMIT in data
                if ends and self.lose_commits:
                    self.lose_commits -= 1
                    break
                if ends and self.lose_answers:
                    self.lose_answers -= 1
                    client.shutdown(socket.SHUT_RDWR)  # before it can be answered
                    server.sendall(data)
                    return  # the other thread hangs up once the server has answered
                server.sendall(data)
        _hang_up(client, server)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _hang_up(client, server)


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
