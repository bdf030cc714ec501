"""A GoogleTest program, as far as a batch can tell, that says something wrong as its worker.

  worker_says.py WHAT GO   WHAT: packet, record, empty, size, version; forged: a packet, after a line
                           that its case has forged (the file GO ends its only case)
"""

import os
import socket
import struct
import sys
import time

from worker_protocol import ProgressLog, pack


BEGIN = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] Says.wrong\n"


def connect():
    place = os.open(os.environ["HOLDFAST_MARKER_DIR"], os.O_PATH)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(f"/proc/self/fd/{place}/worker")
    return connection


def say(what):
    connection = connect()
    connection.send(pack("hello", "0" if what == "version" else "1", os.getpid()))
    if what == "version":
        return connection
    _, (log,), _, _ = socket.recv_fds(connection, 1 << 14, 1)
    if what == "forged":
        print(f"{BEGIN}[       OK ] Says.wrong (0 ms)", flush=True)
    if what in ("packet", "forged"):
        connection.send(b"no NUL at its end")
    elif what in ("record", "empty"):
        record = ProgressLog.record(b"text" if what == "record" else b"")
        os.pwrite(log, record, ProgressLog.HEADER)
        os.pwrite(log, struct.pack("=I", len(record)), 0)
    else:
        os.pwrite(log, struct.pack("=I", 0xfffffff8), 0)
    return connection


def main(what, go):
    connection = say(what)
    if what != "forged":
        print(BEGIN, flush=True)
    while not os.path.exists(go):
        time.sleep(0.01)
    tag = "[  FAILED  ]" if what == "forged" else "[       OK ]"
    print(f"{tag} Says.wrong (0 ms)\n[==========] 1 test from 1 test suite ran.", flush=True)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
