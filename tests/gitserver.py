"Git servers for the tests: on 127.0.0.1 only, on a free port, sound or faulty, and gone with the end of the `with` block."
import gzip
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS = {'hang': 'accepts a request and never answers', 'cut': 'closes the connection half-way through a pack', 'garbage': 'answers with bytes that mean nothing',
          'missing': 'answers 404', 'locked': 'answers 401: asks for a password'}


STARTING = threading.Lock()  # held while git is started: a test that forks just then would keep git's pipes open in its child, and git's answer would never end
if hasattr(os, 'register_at_fork'): os.register_at_fork(before=STARTING.acquire, after_in_parent=STARTING.release, after_in_child=STARTING.release)


class Server(ThreadingHTTPServer):
    """Serves the repositories in `root` as GitHub does: git's smart protocol over HTTP. Its settings can be changed at any time.

    A clone asks for two packs: the newest commit with its folders, then the files; `sound_packs` of them are served before `fault` begins."""
    daemon_threads, block_on_close = True, False

    def __init__(self, root: Path, fault: str | None = None, sound_packs: int = 0, filters: bool = True, delay: float = 0, rate: float = 1e9):
        super().__init__(('127.0.0.1', 0), Handler)
        self.root, self.fault, self.sound_packs, self.filters = root, fault, sound_packs, filters  # without filters: knows no partial clones
        self.delay, self.rate = delay, rate  # as over a line: seconds before each answer, bytes a second
        self.requests, self.packs, self.sent, self.stopping = [], 0, 0, threading.Event()  # sent: bytes
        self.url = f'http://127.0.0.1:{self.server_port}'

    def ask_git(self, method: str, address: str, headers, body: bytes) -> tuple[dict[str, str], bytes]:
        "What `git http-backend`, git's own CGI program, answers."
        path, _, query = address.partition('?')
        environment = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')} | dict(
            GIT_PROJECT_ROOT=str(self.root), GIT_HTTP_EXPORT_ALL='1', GIT_PROTOCOL=headers.get('Git-Protocol', ''), GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CONFIG_COUNT='1', GIT_CONFIG_KEY_0='uploadpack.allowFilter', GIT_CONFIG_VALUE_0=str(self.filters).lower(), REMOTE_ADDR='127.0.0.1',
            PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=method, CONTENT_LENGTH=str(len(body)), CONTENT_TYPE=headers.get('Content-Type', ''))
        with STARTING: process = subprocess.Popen(['git', 'http-backend'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        head, _, answer = process.communicate(body, timeout=60)[0].partition(b'\r\n\r\n')
        return dict(line.split(': ', 1) for line in head.decode().splitlines()), answer

    def handle_error(self, request, client_address): pass  # a client that was killed is part of the tests


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, body = self.server, self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.headers.get('Content-Encoding') == 'gzip': body = gzip.decompress(body)
        server.requests.append(f'{self.command} {self.path}')
        fault = server.fault if server.packs >= server.sound_packs else None
        if fault == 'hang': server.stopping.wait(60)
        elif fault == 'garbage': self.reply('200 OK', {}, os.urandom(2000))
        elif fault == 'missing': self.reply('404 Not Found', {}, b'no such page')
        elif fault == 'locked': self.reply('401 Unauthorized', {'WWW-Authenticate': 'Basic realm="timm"'}, b'')
        else:
            headers, answer = server.ask_git(self.command, self.path, self.headers, body)
            is_pack = b'command=fetch' in body
            server.packs += is_pack
            self.reply(headers.pop('Status', '200 OK'), headers, answer, len(answer) // 2 if fault == 'cut' and is_pack else None)

    do_POST = do_GET

    def reply(self, status: str, headers: dict, answer: bytes, stop_after: int | None = None):
        self.send_response(int(status[:3]), status[4:])
        for name, value in (headers | {'Content-Length': str(len(answer))}).items(): self.send_header(name, value)
        self.end_headers()
        time.sleep(self.server.delay + len(answer) / self.server.rate)
        self.wfile.write(answer[:stop_after])
        self.server.sent += len(answer[:stop_after])

    def log_message(self, *arguments): pass


@contextmanager
def git_server(root: Path, **settings):
    "A running `Server`."
    server = Server(root, **settings)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
    thread.start()
    try: yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
