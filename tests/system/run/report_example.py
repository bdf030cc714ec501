"""A project whose run has something of everything that a report can show, and bundles of runs."""

import io
import re
import sys
import tarfile

from support import HOLDFAST, ProjectCase, no_keeper_of, wait_until

HOSTILE = "</script><img src=x onerror=alert(1)>"

# The server prints what it is sent. At `die` it ends.
SERVER = """
import os, signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_DFL)
listener = socket.create_server(("127.0.0.1", 0))
print("listening on", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        text = connection.recv(65536)
        if not text:
            continue
        print("query:", text.decode(), flush=True)
        if text == b"die":
            sys.exit(3)
        connection.sendall(b"done")
"""

ASK = """
import os, socket, sys, time
with socket.create_connection(("127.0.0.1", int(os.environ["HOLDFAST_SERVICE_DB_PORT"]))) as connection:
    connection.sendall(sys.argv[1].encode())
    answer = connection.recv(10)
time.sleep(0.3)
if answer != b"done":
    print("orders/store_test.cpp:118: Failure")
    print("Expected equality of these values:\\n  reply.status()\\n    Which is: UNAVAILABLE\\n  Status::ok")
    sys.exit(1)
"""

GOOGLETEST = r"""printf '\033[0;32m[ RUN      ]\033[m Journal.SurvivesACrash\n'
echo 'opening journal with 3 segments'
printf 'journal/recovery_test.cpp:214: \033[0;31mFailure\033[m\n'
printf 'Expected equality of these values:\n  recovered.entries()\n    Which is: 41\n  written\n    Which is: 42\n'
printf 'the last segment has no footer\n\n\033[0;31m[  FAILED  ]\033[m Journal.SurvivesACrash (412 ms)\n'
sleep 0.4; exit 1"""

SANITIZER = r"""echo 'decoding corpus/interlaced.png'; sleep 0.2
cat <<'END'
=================================================================
==4711==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000118 at pc 0x55c1d2
READ of size 4 at 0x602000000118 thread T0
    #0 0x55c1d2 in unfilter(Row const&) image/png_decode.cpp:87:14
    #1 0x55c0aa in decode(Bytes) image/png_decode.cpp:140:5
    #2 0x55bf10 in main image/png_test.cpp:22:3
SUMMARY: AddressSanitizer: heap-buffer-overflow image/png_decode.cpp:87:14 in unfilter(Row const&)
END
exit 1"""

SCRIPTS = {
    "journal.recovery": GOOGLETEST,
    "image.png": SANITIZER,
    "cache.evicts": "echo 'evicting 512 entries'; sleep 0.3; kill -SEGV $$",
    "net.upload": "sleep 0.2; test $HOLDFAST_ATTEMPT = 2 || { echo 'error: connection reset by peer'; exit 4; }",
    "net.slow_peer": "echo 'waiting for the peer to answer'; sleep 60",
    "gpu.kernels": "echo 'no device'; exit 77",
    "legacy.report": "true",
    "db.schema": "sleep 0.7", "db.import": "sleep 0.6", "db.export": "sleep 0.5", "db.vacuum": "sleep 0.4",
}

PROPERTIES = {
    "net.upload": 'HOLDFAST_RETRY "exit:4=2"', "net.slow_peer": "TIMEOUT 1", "gpu.kernels": "SKIP_RETURN_CODE 77",
    "legacy.report": "DISABLED TRUE", "db.schema": 'HOLDFAST_LOCKS database', "db.import": 'HOLDFAST_LOCKS database',
    "db.export": 'HOLDFAST_LOCKS archive', "db.vacuum": 'HOLDFAST_LOCKS "database;archive"',
}

PASSING = ["parser.numbers", "parser.strings", "parser.comments", "parser.nesting", "layout.columns", "layout.wrap",
           "codec.base64", "codec.gzip", "codec.utf8", "index.build", "index.merge", "search.prefix", "search.ranking",
           "format.dates", "format.money", "queue.fifo", "queue.priority", "auth.tokens", "auth.roles", "cli.help"]


def added(name, script, properties=""):
    text = f'add_test(NAME "{name}" COMMAND sh -c [==[{script}]==])\n'
    return text + (f'set_tests_properties("{name}" PROPERTIES {properties})\n' if properties else "")


class ExampleCase(ProjectCase):
    def example(self, without=()):
        """The tree of a run of the example, which is over."""
        (self.work / "server.py").write_text(SERVER)
        (self.work / "ask.py").write_text(ASK)
        text = ""
        for name, script in SCRIPTS.items():
            if name not in without:
                text += added(name, script, PROPERTIES.get(name, ""))
        for number, name in enumerate(PASSING):
            text += added(name, f"sleep 0.{1 + number * 7 % 9}")
        text += f"add_test(NAME daemon.starts COMMAND @P@/leave_child {self.pid_file()} 0)\n"
        cases = "Ends.pass:Ends.fail:Ends.segfault:Ends.skip"
        text += f'add_test(NAME codec.cases COMMAND @P@/case_ends "--gtest_filter={cases}")\n' \
                "set_tests_properties(codec.cases PROPERTIES HOLDFAST_ISOLATION process)\n"
        text += "add_test(NAME tools.missing COMMAND /no/such/program)\n"
        before = ""
        for name, query in (("orders.create", "insert"), ("orders.drop", "die"), ("orders.list", "select")):
            text += f'add_test(NAME {name} COMMAND "{sys.executable}" "{self.work}/ask.py" {query})\n' \
                    f"set_tests_properties({name} PROPERTIES HOLDFAST_SERVICES db {before})\n"
            before = f"DEPENDS {name}"
        if HOSTILE not in without:
            text += added(HOSTILE, f"echo 'a.cpp:1: Failure'; echo '{HOSTILE}'; exit 1")
        tree = self.project(text)
        (self.work / "project/holdfast.toml").write_text(f"""
[service.db]
command = ["{sys.executable}", "-u", "{self.work}/server.py"]
ready-output = "listening on ([0-9]+)"
""")
        # Others have the locks at first.
        for lock, seconds in (("database", 1.3), ("archive", 2.2)):
            held = self.work / lock
            self.start(HOLDFAST, "run", "--quiet", "--lock", lock, "--", "sh", "-c", f"touch '{held}'; sleep {seconds}",
                       cwd=tree)
            wait_until(held.exists, f"the lock {lock}")
        ran = self.ctest(tree, "-j6")
        self.assertEqual(ran.returncode, 8, ran.text)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return tree

    def report(self, tree, form, *more):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form, *more)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()


class BundleCase(ExampleCase):
    def setUp(self):
        super().setUp()
        self.temporary = self.work / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o777)
        self.bundle = self.work / "run.tar.gz"

    def environment(self, **changes):
        return super().environment(TMPDIR=str(self.temporary), **changes)

    def run_of(self, text, *arguments):
        tree = self.project(text)
        self.ctest(tree, *arguments)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return tree

    def bundled(self, tree, *more, file=None):
        """What `holdfast report --bundle` says."""
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--bundle", file or self.bundle, *more)
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
        return done.stderr.decode()

    def shown(self, *words, form="text", **how):
        """The report of a bundle, made where there is no build tree."""
        done = self.finish(HOLDFAST, "report", *words, "--format", form, cwd="/", **how)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def refused(self, *words, cwd="/"):
        """The one line that `holdfast report` says when it fails."""
        done = self.finish(HOLDFAST, "report", *words, cwd=cwd)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assert_our_lines(done.stderr, 1)
        self.assertEqual(list(self.temporary.iterdir()), [])
        return done.stderr.decode().removeprefix("holdfast: ").rstrip("\n")

    def entries(self):
        with tarfile.open(self.bundle) as archive:
            self.assertTrue(all(entry.isfile() for entry in archive))
            return {entry.name: archive.extractfile(entry).read() for entry in archive}

    def pack(self, files, also=()):
        """Writes the bundle anew, with these files and further entries. bundle.json loses its sum."""
        if "bundle.json" in files:
            about = re.sub(rb',\s*"sum": "[0-9a-f]*"', b"", files["bundle.json"])
            files = {**files, "bundle.json": about}
        with tarfile.open(self.bundle, "w:gz") as archive:
            for entry in also:
                archive.addfile(entry)
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
