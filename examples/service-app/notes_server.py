"""Keeps notes in memory: `put NAME TEXT`, `get NAME`, `drop NAME`, one command on each connection."""

import socketserver

NOTES = {}


class Command(socketserver.StreamRequestHandler):
    def handle(self):
        verb, name, text = (self.rfile.readline().decode().split(maxsplit=2) + ["", "", ""])[:3]
        if verb == "put":
            NOTES[name] = text.strip()
        elif verb == "drop":
            NOTES.pop(name, None)
        elif verb == "get":
            self.wfile.write(NOTES.get(name, "").encode())


socketserver.ThreadingTCPServer.daemon_threads = True
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Command) as server:
    print(f"notes are kept on port {server.server_address[1]}")
    server.serve_forever()
