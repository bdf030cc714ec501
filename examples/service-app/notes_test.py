"""notes_test.py TEST: one test of the server on the port of HOLDFAST_SERVICE_NOTES_PORT."""

import os
import signal
import socket
import sys

test = sys.argv[1]
port = os.environ.get("HOLDFAST_SERVICE_NOTES_PORT") or sys.exit("there is no server: Holdfast starts it")


def ask(line, seconds=10):
    with socket.create_connection(("127.0.0.1", int(port)), timeout=seconds) as connection:
        connection.sendall(line.encode() + b"\n")
        return connection.makefile().read()


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"found {found!r}, expected {wanted!r}")


if test == "keeps_a_note":
    ask("put kept milk and bread")
    expect(ask("get kept"), "milk and bread")
elif test == "forgets_a_note":
    ask("put dropped milk")
    ask("drop dropped")
    expect(ask("get dropped"), "")
elif test == "survives_a_hang":
    # What is tested is the client: it gives up. Nobody wakes the server up again.
    os.kill(int(os.environ["HOLDFAST_SERVICE_NOTES_PID"]), signal.SIGSTOP)
    try:
        ask("get kept", seconds=0.2)
    except socket.timeout:
        pass
    else:
        sys.exit("a stopped server answered")
elif test == "begins_without_notes":
    expect(ask("get kept"), "")
