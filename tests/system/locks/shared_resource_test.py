"""Runs examples/shared-resource: two trees, ports from slots, a real server on each port."""

import re
import socket
import unittest

from support import CMAKE, CTEST, PATIENCE_S, SOURCES, STAGE, ProjectCase

EXAMPLE = SOURCES / "examples/shared-resource"


class SharedResourceTest(ProjectCase):
    def free_ports(self, count):
        """A first port, from which on `count` ports are free now."""
        for base in range(21000 + (hash(self.work.name) % 300) * 20, 32000, 20):
            try:
                for port in range(base, base + count):
                    with socket.socket() as one:
                        one.bind(("127.0.0.1", port))
                return base
            except OSError:
                continue
        self.skipTest("no free ports")

    def test_two_trees_at_once_never_share_a_port(self):
        name, base = self.lock_name(), self.free_ports(3)
        trees = []
        for build in ("a", "b"):
            tree = self.work / build
            made = self.finish(CMAKE, "-S", EXAMPLE, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                               f"-DBASE_PORT={base}", f"-DLOCK={name}")
            self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
            trees.append(tree)
        begun = [self.start(CTEST, "-j5", cwd=tree, stdout=-3, stderr=-3) for tree in trees]
        codes = [one.wait(4 * PATIENCE_S) for one in begun]
        logs = [(tree / "Testing/Temporary/LastTest.log").read_text() for tree in trees]
        self.assertEqual(codes, [0, 0], "".join(logs))
        ports = re.findall(r"served on port (\d+)", "".join(logs))
        self.assertEqual(len(ports), 8)
        self.assertLessEqual({int(port) for port in ports}, set(range(base, base + 3)))
        self.assertEqual("".join(logs).count("no server is there"), 2)


if __name__ == "__main__":
    unittest.main()
