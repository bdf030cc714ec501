"""Something that stands between Holdfast and etcd: answers get lost, calls are held back, others are answered by it."""

import base64
import http.client
import http.server
import json
import socket
import socketserver
import threading
import time

from support import PATIENCE_S


def value_in(body):
    """The value that a transaction would put into a key; empty: it puts none."""
    for step in body.get("success", []):
        if "request_put" in step:
            return json.loads(base64.b64decode(step["request_put"]["value"]))
    return {}


def is_note(path, body):
    """A holder of units notes what it has."""
    return path == "/v3/kv/txn" and value_in(body).get("noted", False)


class Between:
    """Passes calls on to an etcd. `rule` is asked about each of them, with the path and the body. It returns None: pass
    it on; LOSE: pass it on, and lose the answer; KEEP_NEWS: a watch begins, and tells nothing; a pair: answer with that
    status and text; an Event: wait for it, and then pass it on."""

    LOSE = "lose"
    KEEP_NEWS = "keep news"

    def __init__(self, etcd, rule=lambda path, body: None):
        self.etcd, self.rule = etcd, rule
        self.lost = threading.Event()  # an answer was lost
        self.passed = []  # paths, in the order in which etcd has answered
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def end(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def handler(self):
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    between.answer(self, text)
                except (OSError, http.client.HTTPException):
                    pass  # one of the two is gone

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, caller, text):
        said = self.rule(caller.path, json.loads(text))
        if isinstance(said, tuple):
            status, words = said
            caller.send_response(status)
            caller.end_headers()
            caller.wfile.write(words.encode())
            return
        if isinstance(said, threading.Event):
            said.wait(4 * PATIENCE_S)
        asked = http.client.HTTPConnection("127.0.0.1", self.etcd.port)
        asked.request("POST", caller.path, text)
        answer = asked.getresponse()
        if said == self.LOSE:
            answer.read()
            self.lost.set()
            return
        caller.send_response(answer.status)
        caller.end_headers()
        if caller.path == "/v3/watch":
            for number, line in enumerate(answer):
                if said == self.KEEP_NEWS and number > 0:
                    continue
                caller.wfile.write(line)
                caller.wfile.flush()
        else:
            words = answer.read()
            self.passed.append(caller.path)
            caller.wfile.write(words)


class SlowLine:
    """Passes bytes on to an etcd, but keeps each new connection waiting first."""

    def __init__(self, etcd, seconds):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                time.sleep(seconds)
                with socket.create_connection(("127.0.0.1", etcd.port)) as there:
                    back = threading.Thread(target=copy, args=(there, self.request), daemon=True)
                    back.start()
                    copy(self.request, there)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"{etcd.scheme}://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def copy(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two is gone
