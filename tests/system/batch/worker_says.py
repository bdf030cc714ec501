"""Plays a GoogleTest program whose worker says something wrong.

worker_says.py WHAT GO

WHAT says what is wrong: packet, record, empty, nameless, end, size or version.
silent: it says that it will say no more. late: a packet, after all was printed.
forged: a packet, after a line that its case has forged. The file GO ends its only case."""

import os
import socket
import struct
import sys
import time

from worker_protocol import VERSION, ProgressLog, pack


BEGIN = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] Says.wrong\n"
PASSED = "[       OK ] Says.wrong (0 ms)\n[==========] 1 test from 1 test suite ran."
RECORDS = {"record": b"text", "empty": b"", "nameless": b"\1", "end": b"\2text"}


def connect():
    place = os.open(os.environ["HOLDFAST_MARKER_DIR"], os.O_PATH)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(f"/proc/self/fd/{place}/worker")
    return connection


def say(what):
    connection = connect()
    connection.send(pack("hello", "0" if what == "version" else VERSION, os.getpid()))
    if what == "version":
        return connection
    _, (log,), _, _ = socket.recv_fds(connection, 1 << 14, 1)
    if what == "forged":
        print(f"{BEGIN}[       OK ] Says.wrong (0 ms)", flush=True)
    if what == "late":
        print(f"{BEGIN}{PASSED}", flush=True)
    if what == "silent":
        connection.send(pack("silent"))
    elif what in ("packet", "forged", "late"):
        connection.send(b"no NUL at its end")
    elif what in RECORDS:
        record = ProgressLog.record(RECORDS[what])
        os.pwrite(log, record, ProgressLog.HEADER)
        os.pwrite(log, struct.pack("=I", len(record)), 0)
    else:
        os.pwrite(log, struct.pack("=I", 0xfffffff8), 0)
    return connection


def main(what, go):
    connection = say(what)
    if what not in ("forged", "late"):
        print(BEGIN, flush=True)
    while not os.path.exists(go):
        time.sleep(0.01)
    if what == "forged":
        print(PASSED.replace("[       OK ]", "[  FAILED  ]"), flush=True)
    elif what != "late":
        print(PASSED, flush=True)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
