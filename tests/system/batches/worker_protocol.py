"""The side of exec in docs/internals/worker-protocol.md, just enough to test the program's side."""

import contextlib
import mmap
import os
import select
import socket
import struct
import subprocess
import time
from dataclasses import dataclass, field

VERSION = "3"  # ctest-integration/include/holdfast/worker_protocol.h
PATIENCE_S = 30


def pack(*fields):
    return b"".join(str(word).encode() + b"\0" for word in fields)


def unpack(packet):
    if packet and packet[-1:] != b"\0":
        raise AssertionError(f"not ended by NUL: {packet!r}")
    return packet.decode().split("\0")[:-1]


def receive(connection, bound=PATIENCE_S):
    """The next message; None at the end of the connection."""
    ready, _, _ = select.select([connection], [], [], bound)
    if not ready:
        raise AssertionError(f"waited {bound} s in vain for a message")
    with contextlib.suppress(ConnectionResetError):
        packet = connection.recv(1 << 16)
        return unpack(packet) if packet else None
    return None


class ProgressLog:
    """Reads the progress log of a program as exec does."""

    SIZE, HEADER, RECORD = 65536, 64, 8
    BEGIN, ENDS = 1, {2: "passed", 3: "failed", 4: "skipped"}

    def __init__(self):
        self.fd = os.memfd_create("progress")
        os.ftruncate(self.fd, self.SIZE)
        self.map = mmap.mmap(self.fd, self.SIZE)
        self.taken = 0
        self.open = None

    @staticmethod
    def record(message, at_us=0):
        head = struct.pack("=Q", at_us << 16 | len(message))
        return head + message + bytes(-len(message) % 8)

    def read(self, message):
        """The message as in a packet, with short forms made long."""
        if message[0] == self.BEGIN:
            self.open = message[1:].decode()
            return ["begin", self.open]
        if message[0] in self.ENDS:
            return ["end", self.open, self.ENDS[message[0]]]
        return unpack(message)

    def want_news(self):
        self.map[4:8] = struct.pack("=I", 1)

    def take(self):
        """The messages since the last call, with their times."""
        written, = struct.unpack("=I", self.map[:4])
        found = []
        while self.taken < written:
            at = self.HEADER + self.taken
            head, = struct.unpack("=Q", self.map[at:at + self.RECORD])
            size, at_us = head & 0xffff, head >> 16
            found.append((at_us, self.read(self.map[at + self.RECORD:at + self.RECORD + size])))
            self.taken += (self.RECORD + size + 7) // 8 * 8
        return found

    def begin_anew(self):
        self.taken = 0
        self.map[:4] = bytes(4)

    def close(self):
        self.map.close()
        os.close(self.fd)


@dataclass
class Case:
    """A forked case: its outputs, and the messages about it."""

    report: socket.socket
    out: int
    err: int
    messages: list = field(default_factory=list)

    def until(self, *names):
        """Waits for the next message with one of these names, and returns it."""
        while True:
            for message in self.messages:
                if message[0] in names:
                    return message
            message = receive(self.report)
            if message is None:
                raise AssertionError(f"no {names} but {self.messages}")
            self.messages.append(message)

    def finish(self, keep_anchor=False):
        """Reads all until the last message and the end of both outputs."""
        self.until("over", "gone")
        texts = []
        for end in (self.out, self.err):
            text = b""
            while select.select([end], [], [], PATIENCE_S)[0] and (part := os.read(end, 1 << 16)):
                text += part
            os.close(end)
            texts.append(text.decode())
        self.stdout, self.stderr = texts
        if not keep_anchor:
            self.report.close()
        return self

    def named(self, name):
        return [message for message in self.messages if message[0] == name]

    def names(self):
        return [message[0] for message in self.messages]

    def wait_status(self):
        return int(self.until("over", "ended")[1])

    def terminate(self, signal, grace_ms):
        self.report.send(pack("terminate", signal, grace_ms))


class Worker:
    """Listens as exec does, and starts a program as its worker."""

    def __init__(self, directory, mode, start):
        directory.mkdir(parents=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The path may be longer than a socket address.
        place = os.open(directory, os.O_PATH)
        self.listener.bind(f"/proc/self/fd/{place}/worker")
        os.close(place)
        self.listener.listen(8)
        self.process = start(directory)
        self.connection = None
        self.number = 0
        if mode is not None:
            self.accept(mode)

    def accept(self, mode, descriptors=()):
        until = time.monotonic() + PATIENCE_S
        while not select.select([self.listener], [], [], 0.05)[0]:
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"it did not connect: {self.process.poll()}")
        self.connection, _ = self.listener.accept()
        self.hello = receive(self.connection)
        socket.send_fds(self.connection, [pack("mode", *mode)], descriptors)

    def messages(self):
        """All messages until the connection ends."""
        found = []
        while (message := receive(self.connection)) is not None:
            found.append(message)
        return found

    def listed(self):
        cases = []
        while (message := receive(self.connection)) != ["listed"]:
            if message is None or message[0] != "list":
                raise AssertionError(f"{message} instead of a list")
            cases += message[1:]
        return cases

    def run(self, case, anchor=None):
        """Orders a case from the server, or from `anchor`, the report socket of an anchor that has
        said `over`."""
        self.number += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        out, out_there = os.pipe()
        err, err_there = os.pipe()
        given = [out_there, err_there] + [theirs.fileno()] * (anchor is None)
        socket.send_fds(anchor or self.connection, [pack("run", self.number, case)], given)
        os.close(out_there)
        os.close(err_there)
        theirs.close()
        if anchor:
            ours.close()
        return Case(anchor or ours, out, err)

    def quit(self):
        self.connection.send(pack("quit"))
        return self.end()

    def end(self):
        """How the program ended, and what it printed itself."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        self.close()
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)

    def close(self):
        if self.connection:
            self.connection.close()
        self.listener.close()
