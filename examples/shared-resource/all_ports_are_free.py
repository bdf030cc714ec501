"""Nobody serves while we hold the lock exclusively."""

import socket
import sys

base_port, count = int(sys.argv[1]), int(sys.argv[2])
for port in range(base_port, base_port + count):
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"somebody serves on port {port}")
print("no server is there")
