"""A small web server on this machine, which can break off and can lack ranges."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

_MOST = 40  # requests, so that a download that never ends fails


@dataclass
class Shelf:
    """What the server serves, how badly, and which ranges were asked for."""

    url: str
    files: dict[str, bytes]
    breaks_after: int | None = None  # bytes of the next reply, then it is whole again
    knows_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextlib.contextmanager
def serving() -> Iterator[Shelf]:
    """Serve until the end of the block."""
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.shelf = Shelf(f"http://127.0.0.1:{server.server_port}", {})
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.shelf
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self):
        shelf: Shelf = self.server.shelf
        name, wanted = self.path.lstrip("/"), self.headers.get("Range")
        shelf.asked.append((name, wanted))
        if name not in shelf.files or len(shelf.asked) > _MOST:
            self.send_error(404)
            return
        content, start = shelf.files[name], 0
        if wanted and shelf.knows_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: shelf.breaks_after])
        shelf.breaks_after = None

    def log_message(self, *_):
        """Stay silent."""
