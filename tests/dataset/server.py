"""A loopback server of films that drops connections, is slow, and serves wrong files."""

import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import unquote


class FilmServer:
    """What is served and what was asked for.

    Attributes:
        files: path -> bytes. drop_each: every how-manieth answer is cut off; 0 never.
        delay: seconds before each answer. status: path -> status to answer instead.
        asked: path -> how often.
    """

    def __init__(self, files, drop_each=0, delay=0.0):
        self.files, self.drop_each, self.delay = files, drop_each, delay
        self.status, self.asked, self.answers = {}, Counter(), 0
        self.lock = threading.Lock()

    def handler(self):
        state = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = unquote(self.path).lstrip("/")
                with state.lock:
                    state.asked[path] += 1
                    state.answers += 1
                    drop = state.drop_each and state.answers % state.drop_each == 0
                sleep(state.delay)
                body = state.files.get(path)
                status = state.status.pop(path, None) or (200 if body is not None else 404)
                body = body if status == 200 else b"sorry"
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 503:
                    self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if drop else body)
                if drop:
                    self.close_connection = True

            def log_message(self, *arguments):
                pass

        return Handler


@contextmanager
def serving(state):
    """Serve on a free loopback port; yields the base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), state.handler())
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
