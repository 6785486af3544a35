"Git servers for the tests: on 127.0.0.1 only, on a free port, sound or faulty, and gone with the end of the `with` block."
import gzip
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS = {
    'hang': 'accepts a request and never answers',
    'cut': 'closes the connection half-way through a pack',
    'garbage': 'answers with bytes that mean nothing',
    'missing': 'answers 404',
    'locked': 'answers 401: asks for a password',
}
FORGET_CALLER = {name: os.devnull for name in ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM']}


class Server(ThreadingHTTPServer):
    """Serves the repositories in `root` as GitHub does: git's smart protocol over HTTP. `fault` can be changed at any time.
    A clone asks for three packs: the commits, then the folder, then the files; `sound_packs` of them are served before `fault` begins."""
    daemon_threads = True
    block_on_close = False

    def __init__(self, root: Path, fault: str | None, filters: bool, sound_packs: int):
        super().__init__(('127.0.0.1', 0), Handler)
        assert fault is None or fault in FAULTS
        self.root, self.fault, self.filters, self.sound_packs = root, fault, filters, sound_packs
        self.requests, self.packs, self.stopping = [], 0, threading.Event()
        self.url = f'http://127.0.0.1:{self.server_port}'

    def backend(self, request: 'Handler', body: bytes) -> bytes:
        "What `git http-backend`, git's own CGI program, answers."
        path, _, query = request.path.partition('?')
        environment = {k: v for k, v in os.environ.items() if not k.startswith('GIT_')} | FORGET_CALLER | dict(
            GIT_PROJECT_ROOT=str(self.root), GIT_HTTP_EXPORT_ALL='1', PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=request.command,
            REMOTE_ADDR='127.0.0.1', CONTENT_LENGTH=str(len(body)), CONTENT_TYPE=request.headers.get('Content-Type', ''),
            GIT_PROTOCOL=request.headers.get('Git-Protocol', ''), GIT_CONFIG_COUNT='2', GIT_CONFIG_KEY_0='uploadpack.allowFilter',
            GIT_CONFIG_VALUE_0=str(self.filters).lower(), GIT_CONFIG_KEY_1='safe.directory', GIT_CONFIG_VALUE_1='*')
        return subprocess.run(['git', 'http-backend'], input=body, stdout=subprocess.PIPE, timeout=60, env=environment).stdout

    def handle_error(self, request, client_address):
        "A client that was killed is part of the tests: nothing to report."


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.headers.get('Content-Encoding') == 'gzip': body = gzip.decompress(body)
        self.server.requests.append(f'{self.command} {self.path}')
        fault = self.server.fault if self.server.packs >= self.server.sound_packs else None
        if fault == 'hang': self.server.stopping.wait(60)
        elif fault == 'garbage': self.reply('200 OK', {}, os.urandom(2000))
        elif fault == 'missing': self.reply('404 Not Found', {}, b'no such page')
        elif fault == 'locked': self.reply('401 Unauthorized', {'WWW-Authenticate': 'Basic realm="timm"'}, b'')
        else: self.reply_from_git(body, cut=fault == 'cut')

    do_POST = do_GET

    def reply_from_git(self, body: bytes, cut: bool):
        head, _, answer = self.server.backend(self, body).partition(b'\r\n\r\n')
        headers = dict(line.split(': ', 1) for line in head.decode().splitlines())
        is_pack = b'command=fetch' in body
        self.server.packs += is_pack
        self.reply(headers.pop('Status', '200 OK'), headers, answer, len(answer) // 2 if cut and is_pack else None)

    def reply(self, status: str, headers: dict, answer: bytes, stop_after: int | None = None):
        self.send_response(int(status.split()[0]), status.split(' ', 1)[1])
        for name, value in headers.items(): self.send_header(name, value)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[:stop_after])

    def log_message(self, *args): pass


@contextmanager
def git_server(root: Path, fault: str | None = None, filters: bool = True, sound_packs: int = 0):
    "A running `Server`; with `filters=False` it knows no partial clones."
    server = Server(root, fault, filters, sound_packs)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
    thread.start()
    try: yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
