"""Services that answer at a Unix socket or at a URL, through ctest."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from needs import need, need_reach
from support import CTEST, PATIENCE_S, ProjectCase

# place.py unix|http PLACE [HANG [WORD…]]: a server that says who it is to everybody. While the file HANG
# is there, it accepts nothing, and says so by the file HANG.seen. Words:
#   background   it goes to the background when it listens
#   ipv6         it listens at [::1] in place of 127.0.0.1
PLACE = """import os, socket, sys, time
kind, place, hang, *words = sys.argv[1:] + ["/no/such/file"]
if kind == "unix":
    listener = socket.socket(socket.AF_UNIX)
    if os.path.exists(place):
        os.remove(place)
    listener.bind(place)
else:
    family, host = (socket.AF_INET6, "::1") if "ipv6" in words else (socket.AF_INET, "127.0.0.1")
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(place)))
listener.listen(100)
if "background" in words and os.fork() > 0:
    sys.exit(0)
print("listening", flush=True)
listener.settimeout(0.01)
end = time.monotonic() + 60  # it never stays for long
while time.monotonic() < end:
    while os.path.exists(hang):
        open(hang + ".seen", "w").close()
        time.sleep(0.01)
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            if kind == "http" and not connection.recv(1000).endswith(b"\\r\\n\\r\\n"):
                continue
            head = b"HTTP/1.0 200 OK\\r\\n\\r\\n" if kind == "http" else b""
            connection.sendall(head + str(os.getpid()).encode())
    except OSError:
        pass  # nobody is there, or nobody any more
"""

# ask.py unix|http PLACE: passes if the server that answers there is that of HOLDFAST_SERVICE_DB_PID.
ASK = """import os, socket, sys
kind, place = sys.argv[1:]
client = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
client.settimeout(20)
client.connect(place if kind == "unix" else ("127.0.0.1", int(place)))
if kind == "http":
    client.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
said = b""
while part := client.recv(1000):
    said += part
assert said.split()[-1].decode() == os.environ["HOLDFAST_SERVICE_DB_PID"], said
"""

KINDS = ("unix", "http")


class PlacesTest(ProjectCase):
    def setUp(self):
        super().setUp()
        (self.work / "place.py").write_text(PLACE)
        (self.work / "ask.py").write_text(ASK)
        place = tempfile.mkdtemp(prefix="holdfast-test-")  # a path of a socket has at most 107 bytes
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        self.path = os.path.join(place, "db.socket")
        self.hang = self.work / "hang"

    def service(self, kind, more="", words=()):
        """A service whose place is declared by ready-unix or ready-http, and so is its health."""
        place, ready = {"unix": (self.path, f'ready-unix = "{self.path}"\n'),
                        "http": ("{port}", 'ports = 1\nready-http = "http://127.0.0.1:{port}/"\n')}[kind]
        command = [sys.executable, self.work / "place.py", kind, place, self.hang, *words]
        return "[service.db]\ncommand = [" + ", ".join(f'"{word}"' for word in command) + f']\n{ready}grace = "1s"\n{more}'

    def ask(self, kind):
        place = self.path if kind == "unix" else "$HOLDFAST_SERVICE_DB_PORT"
        return f'{sys.executable} "{self.work}/ask.py" {kind} "{place}"'

    def suite(self, services, *tests):
        """A project with the tests (name, properties, command of sh)."""
        text = "".join(self.scripted_test(*test) for test in tests)
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(services)
        return self.project(text)

    def ended(self, tree):
        return {one["test"]: one for one in self.records(self.runs(tree)[-1], "attempt_ended")}

    def events(self, tree):
        return [(one["event"], one["generation"]) for one in self.records(self.runs(tree)[-1], "service")]

    def assert_unavailable(self, tree, note, *names):
        ended = self.ended(tree)
        for name in names:
            self.assertEqual(ended[name]["outcome"], "service_unavailable")
            self.assertIn(note, ended[name]["note"])

    def test_tests_reach_it_and_the_next_after_its_death(self):
        for kind in KINDS:
            with self.subTest(kind):
                kill = self.ask(kind) + ' && kill -9 "$HOLDFAST_SERVICE_DB_PID"'
                tree = self.suite(self.service(kind), ("one", "HOLDFAST_SERVICES db", self.ask(kind)),
                                  ("killer", "HOLDFAST_SERVICES db DEPENDS one", kill),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS killer", self.ask(kind)))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
                self.assertEqual(self.events(tree), [("started", 1), ("ready", 1), ("died", 1), ("started", 2), ("ready", 2)])
                self.assertIn('service db was lost (it was killed by SIGKILL), used by "killer" alone', done.text)
                self.assert_nothing_left()

    def test_one_that_accepts_nothing_is_lost_and_its_culprit_is_named(self):
        for kind in KINDS:
            with self.subTest(kind):
                # The next generation is well, because its start removes the cause.
                services = self.service(kind, 'health-timeout = "1s"\n').replace(
                    "command = [", f'command = ["sh", "-c", "rm -f {self.hang} {self.hang}.seen; exec \\"$@\\"", "sh", ', 1)
                hangs = f'touch "{self.hang}"; while [ ! -e "{self.hang}.seen" ]; do sleep 0.01; done'
                tree = self.suite(services, ("culprit", "HOLDFAST_SERVICES db", hangs),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS culprit", self.ask(kind)))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
                self.assertRegex(done.text, r"service db was lost \(no answer within 1.0 s: it listens (at|on port) "
                                 r'\S+ and accepts no connection\), used by "culprit" alone; ')
                self.assertEqual(self.ended(tree)["next"]["services"], ["db#2"])
                self.assert_nothing_left()

    def test_one_that_accepts_nothing_is_never_ready(self):
        self.hang.touch()
        for kind in KINDS:
            with self.subTest(kind):
                tree = self.suite(self.service(kind, 'start-timeout = "3s"\n'), ("user", "HOLDFAST_SERVICES db", "true"))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 8, done.text)
                self.assert_unavailable(tree, "it was not ready within 3.0 s: it listens ", "user")
                self.assert_unavailable(tree, " and accepts no connection", "user")
                self.assert_nothing_left()

    def test_one_in_the_background_is_known_as_its_own(self):
        for kind in KINDS:
            with self.subTest(kind):
                tree = self.suite(self.service(kind, "forking = true\n", ("background",)),
                                  ("user", "HOLDFAST_SERVICES db", self.ask(kind)))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
                self.assertEqual(self.events(tree), [("started", 1), ("ready", 1)])
                self.assert_nothing_left()

    def test_one_that_listens_at_ipv6_alone_is_found_at_localhost(self):
        need(self, [sys.executable, "-c", "import socket; socket.socket(socket.AF_INET6).bind(('::1', 0))"], "no [::1]")
        http = self.service("http", words=("ipv6",)).replace("127.0.0.1", "localhost")
        tcp = http.replace("service.db", "service.web").replace(
            'ready-http = "http://localhost:{port}/"', 'ready-tcp = "localhost:{port}"')
        tree = self.suite(http + tcp, ("user", 'HOLDFAST_SERVICES "db;web"', "true"))
        done = self.ctest(tree, bound=3 * PATIENCE_S)  # more than a service has for its start
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(sorted(self.events(tree)), [("ready", 1)] * 2 + [("started", 1)] * 2)
        self.assert_nothing_left()

    def test_one_that_does_not_let_others_look_is_known_as_its_own(self):
        as_user = ()
        if os.geteuid() == 0:  # whom nothing is hidden from
            user = 1_800_000_000 + int.from_bytes(os.urandom(3), "big")
            self.addCleanup(shutil.rmtree, f"/tmp/holdfast-{user}", ignore_errors=True)
            as_user = ("setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups")
            need_reach(self, as_user)
            # setpriv itself still reaches all.
            need(self, [*as_user, "sh", "-c", '"$1" -c ""', "sh", sys.executable], "another user does not reach Python")
        hides = self.work / "hides.py"
        hides.write_text("import ctypes, runpy, sys\nctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE\n"
                         "sys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0])\n")
        for kind in KINDS:
            with self.subTest(kind):
                services = self.service(kind).replace(f'"{self.work}/place.py"', f'"{hides}", "{self.work}/place.py"')
                tree = self.suite(services, ("user", "HOLDFAST_SERVICES db", self.ask(kind)))
                if as_user:
                    self.finish("chown", "-R", f"{user}:{user}", self.work, os.path.dirname(self.path))
                done = self.finish(*as_user, CTEST, "--output-on-failure", cwd=tree)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertEqual(self.events(tree), [("started", 1), ("ready", 1)])
                self.assert_nothing_left()

    def stranger(self, *words):
        """A server at the path that no run has started. `words` are those of place.py."""
        return self.start(sys.executable, self.work / "place.py", "unix", self.path, *words, stdout=subprocess.PIPE)

    def test_a_stranger_at_the_path_is_named_and_sees_nobody(self):
        services = f'[service.db]\ncommand = ["sleep", "1000"]\nready-unix = "{self.path}"\n'
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            listener.listen()
            listener.setblocking(False)
            tree = self.suite(services, *((f"t{n}", "HOLDFAST_SERVICES db", "true") for n in range(5)), ("other", "", "true"))
            begun = time.monotonic()
            done = self.ctest(tree, "-j4")
            self.assertLess(time.monotonic() - begun, PATIENCE_S / 3)
            self.assertEqual(done.returncode, 8, done.text)
            self.assert_unavailable(tree, f"{self.path} belongs to pid {os.getpid()} (", *(f"t{n}" for n in range(5)))
            self.assertEqual(self.ended(tree)["other"]["outcome"], "passed")
            with self.assertRaises(BlockingIOError, msg="a connection was made"):
                listener.accept()
        self.assert_nothing_left()

    def test_a_stranger_in_the_background_is_named_as_well(self):
        stranger = self.stranger("/no/such/file", "background")
        self.assertEqual(stranger.stdout.readline(), b"listening\n")
        self.assertEqual(stranger.wait(PATIENCE_S), 0)  # the process that made the socket listen
        stranger.stdout.close()
        services = f'[service.db]\ncommand = ["sleep", "1000"]\nready-unix = "{self.path}"\n'
        tree = self.suite(services, ("user", "HOLDFAST_SERVICES db", "true"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8, done.text)
        self.assert_unavailable(tree, f"{self.path} belongs to pid ", "user")
        self.assert_unavailable(tree, "place.py", "user")


if __name__ == "__main__":
    unittest.main()
