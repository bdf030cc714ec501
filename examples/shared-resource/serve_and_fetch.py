"""A real server on the port of our slot, and a page fetched from it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

page, base_port, lock = sys.argv[1], int(sys.argv[2]), sys.argv[3]
variable = "HOLDFAST_SLOT_" + "".join(c.upper() if c.isalnum() else "_" for c in lock)
port = base_port + int(os.environ[variable])

with tempfile.TemporaryDirectory() as directory:
    content = f"{page} of process {os.getpid()}"
    (pathlib.Path(directory) / page).write_text(content)
    server = subprocess.Popen([sys.executable, "-m", "http.server", "--bind", "127.0.0.1",
                               "--directory", directory, str(port)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while True:
            if server.poll() is not None:
                sys.exit(f"the server on port {port} ended: somebody else has the port")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as reply:
                    found = reply.read().decode()
                break
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > until:
                    sys.exit(f"no server on port {port}")
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait()

# A server of another test on this port would have another page, or say another process.
if found != content:
    sys.exit(f"port {port} answered {found!r}, expected {content!r}")
print(f"{page} served on port {port}")
