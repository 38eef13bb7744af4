"""The sockets that servers listen on."""

import socket

from rencai.config import SettingError


def listener_at(host: str, port: int, *options: int) -> socket.socket:
    """A socket that listens at an address. Raises SettingError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio leaves Nagle's algorithm on, and every reply waits 40 ms for the client's next packet.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        for option in (socket.SO_REUSEADDR, *options):
            listener.setsockopt(socket.SOL_SOCKET, option, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as failure:
        listener.close()
        where = f"{host}:{port}"
        raise SettingError(
            f"can't listen on {where} ({failure.strerror}); choose another --host or --port"
        ) from failure
    return listener


def listeners_at(host: str, port: int, count: int) -> list[socket.socket]:
    """So many sockets that listen at one address, each for a process of its own. Raises SettingError.

    The system deals new connections out. Of one socket for all, the first process to wake would take what waits.
    """
    with listener_at(host, port) as alone:  # or the port of another server would be shared with it
        port = alone.getsockname()[1]
    return [listener_at(host, port, socket.SO_REUSEPORT) for _ in range(count)]
