"""An etcd with TLS and users: what is passed on, what is refused, and that no secret gets out."""

import base64
import shutil
import ssl
import subprocess
import unittest

from etcd import Etcd, EtcdCase
from etcd_between import SlowLine
from support import CTEST, HOLDFAST, PATIENCE_S, unfolded, wait_until

PASSWORD = "p4ss\"w'ord $x"


class ClusterSecureTest(EtcdCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("openssl"):
            raise unittest.SkipTest("no openssl here, to make certificates")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], cwd=self.work, check=True, capture_output=True)

    def certificate(self, name, usage):
        """A certificate of our own authority."""
        (self.work / f"{name}.ext").write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={usage}\n"
                                               "authorityKeyIdentifier=keyid\n")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                     "-subj", f"/CN={name}")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-out", f"{name}.pem", "-days", "2", "-extfile", f"{name}.ext")

    def secure_etcd(self):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                     "-days", "2", "-subj", "/CN=our own", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        # etcd's gateway is a client of etcd itself, with this certificate.
        self.certificate("server", "serverAuth,clientAuth")
        self.certificate("client", "clientAuth")
        self.etcd.end()
        context = ssl.create_default_context(cafile=self.work / "ca.pem")
        context.load_cert_chain(self.work / "client.pem", self.work / "client.key")
        one = Etcd(self.work / "secure", scheme="https",
                   options=["--cert-file", self.work / "server.pem", "--key-file", self.work / "server.key",
                            "--client-cert-auth", "--trusted-ca-file", self.work / "ca.pem"])
        one.context = context
        self.etcds.append(one)
        self.etcd = one.start()

    def run_here(self, *command, options=(), **changes):
        return self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--lock-timeout", "3", *options, "--", *command,
                           cwd=self.work / "here", env=self.environment(**changes))

    def test_tls_with_certificates_of_both_sides(self):
        self.secure_etcd()
        self.place(cluster='ca = "../ca.pem"\ncert = "../client.pem"\nkey = "../client.key"')
        done = self.run_here("echo", "had")
        self.assertEqual(done.stdout, b"had\n", done.stderr)
        # Without the authority, and without a certificate of our own, it is no etcd that we trust, or that trusts us.
        for cluster in ('cert = "../client.pem"\nkey = "../client.key"', 'ca = "../ca.pem"'):
            self.place(cluster=cluster)
            done = self.run_here("echo", "had")
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertRegex(unfolded(done.stderr.decode()), r"etcd cannot be asked: .*(certificate|SSL|alert|TLS)")

    def test_a_slow_handshake_is_waited_for(self):
        self.secure_etcd()
        self.ttl = 18  # so an answer may take 3 s
        line = SlowLine(self.etcd, 1.5)
        self.betweens.append(line)
        self.place(endpoints=[line.endpoint], cluster='ca = "../ca.pem"\ncert = "../client.pem"\nkey = "../client.key"')
        done = self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--lock-timeout", "20", "--", "echo", "had",
                           cwd=self.work / "here", bound=2 * PATIENCE_S)
        self.assertEqual(done.stdout, b"had\n", done.stderr)

    def add_users(self):
        call = self.etcd.call
        call("auth/role/add", {"name": "locks"})
        both = {"key": base64.b64encode(b"holdfast/locks/").decode(),
                "range_end": base64.b64encode(b"holdfast/locks0").decode(), "permType": "READWRITE"}
        call("auth/role/grant", {"name": "locks", "perm": both})
        call("auth/role/add", {"name": "root"})
        for user, role in (("root", "root"), ("ci", "locks"), ("other", None)):
            call("auth/user/add", {"name": user, "password": PASSWORD})
            if role:
                call("auth/user/grant", {"user": user, "role": role})
        call("auth/enable", {})
        self.etcd.token = call("auth/authenticate", {"name": "root", "password": PASSWORD})["token"]

    def test_a_user_and_a_password_that_nobody_else_sees(self):
        self.add_users()
        self.place(cluster='user = "ci"')
        script = ('cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " >../seen; exec sleep 2')
        begun = self.start(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c", script, cwd=self.work / "here",
                           env=self.environment(HOLDFAST_CLUSTER_PASSWORD=PASSWORD), stderr=-1, stdout=-1)
        out, err = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, err)
        self.assertIn("holdfast-etcd", (self.work / "seen").read_text())
        self.assertNotIn(PASSWORD, (self.work / "seen").read_text())
        self.assertNotIn(PASSWORD.encode(), out + err)
        for user, password, said in (("ci", "wrong", "authentication failed"), ("ci", None, "authentication failed"),
                                     ("other", PASSWORD, "permission denied"), (None, None, "user")):
            with self.subTest(user=user, password=password):
                self.place(cluster=f'user = "{user}"' if user else "")
                done = self.run_here("echo", "had", HOLDFAST_CLUSTER_PASSWORD=password)
                self.assertEqual((done.returncode, done.stdout), (125, b""), done.stderr)
                self.assertRegex(unfolded(done.stderr.decode()), "etcd refuses: .*")
                self.assertIn(said, done.stderr.decode())
                self.assertNotIn(PASSWORD.encode(), done.stderr)

    def test_another_endpoint_authenticates_if_the_first_cannot(self):
        self.add_users()
        between = self.stand_between(rule=lambda path, body: (503, "{}") if path == "/v3/auth/authenticate" else None)
        self.place(endpoints=[between.endpoint, self.etcd.endpoint], cluster='user = "ci"')
        done = self.run_here("echo", "had", HOLDFAST_CLUSTER_PASSWORD=PASSWORD)
        self.assertEqual((done.returncode, done.stdout), (0, b"had\n"), done.stderr)

    def test_only_a_test_with_such_a_lock_gets_the_password(self):
        self.add_users()
        self.place(cluster='user = "ci"')
        show = ("sh", "-c", 'echo "<$HOLDFAST_CLUSTER_PASSWORD>"')
        environment = self.environment(HOLDFAST_CLUSTER_PASSWORD=PASSWORD)
        self.assertEqual(self.run_here(*show, HOLDFAST_CLUSTER_PASSWORD=PASSWORD).stdout.decode(), f"<{PASSWORD}>\n")
        for options in ((), ("--lock", f"{self.lock_name()}@user")):
            done = self.finish(HOLDFAST, "run", *options, "--", *show, cwd=self.work / "here", env=environment)
            self.assertEqual(done.stdout, b"<>\n", done.stderr)
        # A run inside the holder can take the lock below it.
        inner = f'"{HOLDFAST}" run --lock db@cluster -- echo had'
        done = self.run_here("sh", "-c", inner, HOLDFAST_CLUSTER_PASSWORD=PASSWORD)
        self.assertEqual(done.stdout, b"had\n", done.stderr)

    def test_users_may_come_while_a_lock_is_held(self):
        self.place(cluster='user = "ci"')
        go = self.work / "go"
        begun = self.start(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c",
                           f'while [ ! -e "{go}" ]; do sleep 0.02; done', cwd=self.work / "here",
                           env=self.environment(HOLDFAST_CLUSTER_PASSWORD=PASSWORD), stderr=-1)
        self.wait_for_keys(1, "db")
        self.add_users()
        self.let_a_lease_end()
        go.touch()
        _, said = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, said)

    def test_a_file_that_is_missing_is_said_at_once(self):
        self.secure_etcd()
        for cluster in ('ca = "../none.pem"', 'ca = "../ca.pem"\ncert = "../none.pem"\nkey = "../client.key"'):
            self.place(cluster=cluster)
            done = self.run_here("true")
            self.assertEqual(done.returncode, 125, done.stderr)
            self.assertRegex(unfolded(done.stderr.decode()), r"etcd cannot be asked: https://127.0.0.1:\d+: .*(certificate|none.pem)")
            self.assert_our_lines(done.stderr, 1)

    def test_a_certificate_may_be_replaced_while_a_lock_is_waited_for(self):
        self.secure_etcd()
        self.ttl = 60  # the line that is awaited comes before the holder has to end
        place = self.place("there", cluster='ca = "../ca.pem"\ncert = "../client.pem"\nkey = "../client.key"')
        go = self.work / "go"
        holds = self.with_lock("db@cluster", "sh", "-c", f'while [ ! -e "{go}" ]; do sleep 0.02; done', cwd=place)
        self.wait_for_keys(1, "db")
        said = self.work / "said"
        with open(said, "wb") as err:
            waits = self.with_lock("db@cluster", "echo", "had", cwd=place, stdout=-1, stderr=err)
        self.wait_for_keys(2, "db")
        (self.work / "client.pem").rename(self.work / "client.old")
        self.etcd.end()
        self.etcd.start()  # the connections are over, and new ones need the certificate
        wait_until(lambda: "etcd cannot be asked: " in unfolded(said.read_text()), "a line", 2 * PATIENCE_S)
        (self.work / "client.old").rename(self.work / "client.pem")
        go.touch()
        holds.wait(PATIENCE_S)
        out, _ = waits.communicate(timeout=2 * PATIENCE_S)
        self.assertEqual((waits.returncode, out), (0, b"had\n"), said.read_text())

    def test_a_password_in_an_address_is_not_repeated(self):
        self.place()
        for address in ("ci:s3cret@127.0.0.1:2379", "HTTPS://ci:s3cret@127.0.0.1:2379"):
            done = self.run_here("true", HOLDFAST_CLUSTER_ENDPOINTS=address)
            self.assertEqual(done.returncode, 125)
            self.assertIn("HOLDFAST_CLUSTER_ENDPOINTS an address with `@`", unfolded(done.stderr.decode()))
            self.assertNotIn(b"s3cret", done.stderr)

    def forget_tokens(self):
        """As if the time of all tokens were over, which any call with one makes longer."""
        self.etcd.call("auth/disable", {})
        self.etcd.token = None
        self.etcd.call("auth/enable", {})

    def test_a_token_that_is_over_is_asked_for_again(self):
        """The holdfast-etcd of a run uses none between two tests with such locks."""
        self.add_users()
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(self.settings(cluster='user = "ci"'))
        between, go = self.work / "between", self.work / "go"
        tests = (("first", 'HOLDFAST_LOCKS "db@cluster"', "true"),
                 ("between", "DEPENDS first", f"touch '{between}'; while [ ! -e '{go}' ]; do sleep 0.02; done"),
                 ("last", 'HOLDFAST_LOCKS "db@cluster" DEPENDS between', "true"))
        tree = self.project("".join(self.scripted_test(*one) for one in tests))
        begun = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=-1, stderr=-2,
                           env=self.environment(HOLDFAST_CLUSTER_PASSWORD=PASSWORD))
        wait_until(between.exists, "the test between the two")
        self.forget_tokens()
        go.touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        ended = {record["test"]: record["outcome"] for record in self.records(self.runs(tree)[0], "attempt_ended")}
        self.assertEqual(ended, dict.fromkeys(("first", "between", "last"), "passed"), out.decode())

    def test_a_token_may_be_over_while_a_lock_is_held_and_waited_for(self):
        self.add_users()
        self.place(cluster='user = "ci"')
        go = self.work / "go"
        both = [self.start(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c",
                           f'while [ ! -e "{go}" ]; do sleep 0.02; done', cwd=self.work / "here",
                           env=self.environment(HOLDFAST_CLUSTER_PASSWORD=PASSWORD), stderr=-1) for _ in range(2)]
        self.wait_for_keys(2, "db")
        self.forget_tokens()
        go.touch()
        for one in both:
            _, said = one.communicate(timeout=PATIENCE_S)
            self.assertEqual(one.returncode, 0, said)

    def test_a_password_without_users_in_etcd_is_ignored(self):
        self.place(cluster='user = "ci"')
        done = self.run_here("echo", "had", HOLDFAST_CLUSTER_PASSWORD=PASSWORD)
        self.assertEqual(done.stdout, b"had\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
