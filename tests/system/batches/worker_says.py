"""Plays a GoogleTest program whose worker says something wrong.

worker_says.py WHAT GO

WHAT says what is wrong: packet, record, empty, nameless, end, size or version.
silent: it says that it will say no more. late: a packet, after all was printed.
forged: a packet, after a line that its case has forged. times: that its case began long ago and ends
far in the future. another: nothing, but it prints the last line of another program, and ends early.
The file GO ends its only case, or what comes after it."""

import os
import socket
import struct
import sys
import time

from worker_protocol import VERSION, ProgressLog, pack


BEGIN = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] Says.wrong\n"
PASSED = "[       OK ] Says.wrong (0 ms)\n[==========] 1 test from 1 test suite ran."
PRINTED_BEFORE = {"forged": "[       OK ] Says.wrong (0 ms)", "late": PASSED, "times": PASSED,
                  "another": "[       OK ] Says.wrong (0 ms)"}
LATEST = (1 << 47) - 1
RECORDS = {"record": [(b"text", 0)], "empty": [(b"", 0)], "nameless": [(b"\1", 0)], "end": [(b"\2text", 0)],
           "times": [(b"\1Says.wrong", 1), (b"\2", LATEST), (pack("finished", 0), LATEST)],
           "another": [(b"\1Says.wrong", 0), (b"\2", 0)]}


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
    if what in PRINTED_BEFORE:
        print(f"{BEGIN}{PRINTED_BEFORE[what]}", flush=True)
    if what == "silent":
        connection.send(pack("silent"))
    elif what in ("packet", "forged", "late"):
        connection.send(b"no NUL at its end")
    elif what in RECORDS:
        records = b"".join(ProgressLog.record(*one) for one in RECORDS[what])
        os.pwrite(log, records, ProgressLog.HEADER)
        os.pwrite(log, struct.pack("=I", len(records)), 0)
        if what in PRINTED_BEFORE:
            connection.send(pack("news"))
    else:
        os.pwrite(log, struct.pack("=I", 0xfffffff8), 0)
    return connection


def main(what, go):
    connection = say(what)
    if what not in PRINTED_BEFORE:
        print(BEGIN, flush=True)
    while not os.path.exists(go):
        time.sleep(0.01)
    if what == "forged":
        print(PASSED.replace("[       OK ]", "[  FAILED  ]"), flush=True)
    elif what == "another":
        print(PASSED.splitlines()[-1], flush=True)
    elif what not in PRINTED_BEFORE:
        print(PASSED, flush=True)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
