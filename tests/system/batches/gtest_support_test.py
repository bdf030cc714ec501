"""Programs linked with Holdfast::gtest_main follow docs/internals/worker-protocol.md."""

import os
import signal
import subprocess
import time
import unittest

from processes import command_of, descriptors_of, parent_of, process, stat_of
from support import LAUNCHER, PATIENCE_S, SystemCase, program, wait_until
from worker_protocol import VERSION, ProgressLog, Worker, pack, receive

ENDED_BY_SIGSEGV = 11


class GtestSupport(SystemCase):
    def worker(self, mode, *arguments, directory="markers", stdout=subprocess.PIPE, **changes):
        def start(place):
            variables = self.environment(HOLDFAST_MARKER_DIR=str(place),
                                         HOLDFAST_ATTEMPT_ID="attempt-1",
                                         ANNOUNCE=str(self.work / "announced"), **changes)
            return self.start(program("gtest_cases"), *arguments, env=variables, stdout=stdout,
                              stderr=subprocess.PIPE)
        worker = Worker(self.work / directory, mode, start)
        self.addCleanup(worker.close)
        return worker

    def fork_server(self, *arguments, grace_ms=5000, **changes):
        return self.worker(["fork", LAUNCHER, grace_ms], *arguments, **changes)

    def forked(self, name, **changes):
        """Runs one case in its own process, to its end."""
        server = self.fork_server(**changes)
        server.listed()
        case = server.run(name).finish()
        ended = server.quit()
        self.assertEqual(ended.returncode, 0, ended)
        return case

    # --- Reporting -------------------------------------------------------------------------

    def test_each_case_is_reported_in_order(self):
        worker = self.worker(["report"], "--gtest_filter=Ends.passes:Ends.fails:Ends.skips")
        messages = worker.messages()
        self.assertEqual(worker.end().returncode, 1)
        self.assertEqual(worker.hello, ["hello", VERSION, str(worker.process.pid)])
        self.assertEqual([message[:3] for message in messages], [
            ["begin", "Ends.passes"], ["end", "Ends.passes", "passed"],
            ["begin", "Ends.fails"], ["end", "Ends.fails", "failed"],
            ["begin", "Ends.skips"], ["end", "Ends.skips", "skipped"],
            ["finished", "1"]])

    def test_a_thousand_cases_wait_for_a_slow_reader(self):
        worker = self.worker(["report"], "--gtest_filter=State.second", "--gtest_repeat=1000",
                             stdout=subprocess.DEVNULL)
        # The program sends more than the socket holds before anybody reads.
        messages = worker.messages()
        worker.end()
        self.assertEqual(len(messages), 2001)

    def test_where_there_is_a_log_nothing_is_sent(self):
        log = ProgressLog()
        self.addCleanup(log.close)
        worker = self.worker(None, "--gtest_filter=Ends.passes:Ends.fails")
        worker.accept(["report"], [log.fd])
        self.assertEqual(worker.messages(), [])
        self.assertEqual(worker.end().returncode, 1)
        entries = log.take()
        self.assertEqual([message[:3] for _, message in entries], [
            ["begin", "Ends.passes"], ["end", "Ends.passes", "passed"],
            ["begin", "Ends.fails"], ["end", "Ends.fails", "failed"], ["finished", "1"]])
        times = [at for at, _ in entries]
        self.assertEqual(times, sorted(times))
        self.assertLessEqual(times[-1], time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)

    def test_a_reader_that_wants_news_is_woken_once(self):
        log = ProgressLog()
        self.addCleanup(log.close)
        log.want_news()
        worker = self.worker(None, "--gtest_filter=Ends.passes")
        worker.accept(["report"], [log.fd])
        self.assertEqual(worker.messages(), [["news"]])
        worker.end()
        self.assertEqual(len(log.take()), 3)

    def test_a_full_log_is_waited_for(self):
        log = ProgressLog()
        self.addCleanup(log.close)
        worker = self.worker(None, "--gtest_filter=State.second", "--gtest_repeat=1500",
                             stdout=subprocess.DEVNULL)
        worker.accept(["report"], [log.fd])
        entries = 0
        while (message := receive(worker.connection)) is not None:
            self.assertEqual(message, ["full"])
            entries += len(log.take())
            log.begin_anew()
            worker.connection.send(pack("room"))
        worker.end()
        self.assertEqual(entries + len(log.take()), 3001)

    def test_the_output_of_a_case_is_written_before_its_end_is_said(self):
        worker = self.worker(["report"], "--gtest_filter=Ends.passes")
        names = [message[0] for message in worker.messages()]
        self.assertEqual(names, ["begin", "end", "finished"])
        self.assertIn("cout, printf of", worker.end().stdout.decode())

    def test_without_a_batch_it_is_a_plain_program(self):
        for name, place in (("no directory", None), ("not there", "/nonexistent"),
                            ("empty", self.work)):
            with self.subTest(name):
                done = self.finish(program("gtest_cases"), "--gtest_filter=Ends.passes",
                                   env=self.environment(HOLDFAST_MARKER_DIR=place and str(place)))
                self.assertEqual(done.returncode, 0)
                self.assertIn(b"[  PASSED  ] 1 test.", done.stdout)

    def test_who_hangs_up_is_not_reported_to(self):
        worker = self.worker(None, "--gtest_filter=Ends.passes")
        connection, _ = worker.listener.accept()
        connection.close()
        ended = worker.end()
        self.assertEqual(ended.returncode, 0)
        self.assertIn(b"[  PASSED  ] 1 test.", ended.stdout)

    def test_a_long_path_is_no_hindrance(self):
        worker = self.worker(["report"], "--gtest_filter=Ends.passes", directory="d" * 120)
        self.assertEqual(len(worker.messages()), 3)
        worker.end()

    def test_a_worker_retires_after_a_failure(self):
        worker = self.worker(["report"], "--gtest_filter=Ends.fails:Ends.passes:-nothing",
                             START="retire")
        messages = worker.messages()
        ended = worker.end()
        self.assertEqual(ended.returncode, 1)
        self.assertEqual([message[0] for message in messages],
                         ["begin", "end", "begin", "end", "retire"])
        self.assertIn(b"[  FAILED  ] Ends.fails", ended.stdout)
        self.assertNotIn(b"tests ran", ended.stdout)
        marker = self.work / "markers" / f"exit-{worker.process.pid}"
        self.assertIn("retired after Ends.fails failed", marker.read_text())

    def test_a_worker_does_not_retire_where_there_is_no_batch(self):
        done = self.finish(program("gtest_cases"), "--gtest_filter=Ends.fails:Ends.passes",
                           env=self.environment(START="retire"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"[==========] 2 tests from 1 test suite ran", done.stdout)

    def test_death_tests_report_once(self):
        worker = self.worker(["report"], "--gtest_filter=DeathTest.*")
        messages = worker.messages()
        worker.end()
        self.assertEqual([message[:3] for message in messages if message[0] == "end"], [
            ["end", "DeathTest.fast", "passed"], ["end", "DeathTest.threadsafe", "passed"],
            ["end", "DeathTest.survives", "failed"]])
        self.assertEqual(len(messages), 7)

    # --- Forking ---------------------------------------------------------------------------

    def test_the_list_is_googletests_own_selection(self):
        plain = self.finish(program("gtest_cases"), "--gtest_filter=-*hangs:*ignores*:*exits*:*crash*:Meet*",
                            env=self.environment(GTEST_TOTAL_SHARDS="3", GTEST_SHARD_INDEX="1"))
        expected = [line.split()[-1] for line in plain.stdout.decode().splitlines()
                    if line.startswith("[ RUN ")]
        server = self.fork_server("--gtest_filter=-*hangs:*ignores*:*exits*:*crash*:Meet*",
                                  GTEST_TOTAL_SHARDS="3", GTEST_SHARD_INDEX="1")
        self.assertEqual(server.listed(), expected)
        case = server.run(expected[0]).finish()
        self.assertEqual(case.wait_status(), 0)
        self.assertIn("Running 1 test from 1 test suite", case.stdout)
        self.assertEqual(server.quit().returncode, 0)

    def test_disabled_cases_are_listed_only_where_they_are_to_run(self):
        for also, expected in ((False, []), (True, ["Ends.DISABLED_never", "DISABLED_Suite.never"])):
            arguments = ["--gtest_filter=*never"] + ["--gtest_also_run_disabled_tests"] * also
            server = self.fork_server(*arguments, directory=f"markers-{also}")
            self.assertEqual(server.listed(), expected)
            server.quit()

    def test_a_shuffled_list_has_every_case_once(self):
        plain = self.fork_server(directory="plain")
        shuffled = self.fork_server("--gtest_shuffle", "--gtest_random_seed=7", directory="shuffled")
        again = self.fork_server("--gtest_shuffle", "--gtest_random_seed=7", directory="again")
        lists = [server.listed() for server in (plain, shuffled, again)]
        self.assertNotEqual(lists[0], lists[1])
        self.assertEqual(lists[1], lists[2])
        self.assertEqual(sorted(lists[0]), sorted(lists[1]))
        for server in (plain, shuffled, again):
            server.quit()

    def test_a_forked_case_ends_as_its_own_process_would(self):
        expected = {
            "Ends.passes": (0, ["passed", "1"]),
            "Ends.fails": (1 << 8, ["failed", "1"]),
            "Ends.skips": (0, ["skipped", "1"]),
            "Ends.exits_0": (0, ["unsaid", "0"]),
            "Ends.exits_3": (3 << 8, ["unsaid", "0"]),
            "Ends.crashes": (ENDED_BY_SIGSEGV, ["unsaid", "0"]),
            "Lost.closes_all": (0, ["passed", "1"]),
            "Ends.uses_a_thread": (0, ["passed", "1"]),
            "Ends.waits_for_its_child": (0, ["passed", "1"]),
            "State.first": (0, ["passed", "1"]),
            "State.second": (0, ["passed", "1"]),
            "DeathTest.fast": (0, ["passed", "1"]),
            "DeathTest.threadsafe": (0, ["passed", "1"]),
            "DeathTest.survives": (1 << 8, ["failed", "1"]),
            "All/Values.is_small/1": (0, ["passed", "1"]),
            "All/Values.is_small/2": (1 << 8, ["failed", "1"]),
            "Typed/std::char-*.runs": (0, ["passed", "1"]),
            "Typed/std::int-*.runs": (0, ["passed", "1"]),
        }
        server = self.fork_server()
        listed = server.listed()
        for name, (status, said) in expected.items():
            with self.subTest(name):
                self.assertIn(name, listed)
                case = server.run(name).finish()
                core_dumped = 0x80
                self.assertEqual(case.wait_status() & ~core_dumped, status, case)
                self.assertEqual(case.names(), ["child", "over"], case)
                self.assertEqual(case.until("over")[5:], said)
        self.assertEqual(server.quit().returncode, 0)
        self.assert_nothing_left()

    def test_output_of_a_case_is_its_own_and_whole(self):
        case = self.forked("Ends.passes")
        pid = case.until("child")[2]
        self.assertIn(f"cout, printf of {pid}\n", case.stdout)
        self.assertTrue(case.stdout.endswith(f"destroyed in {pid}\n"), case.stdout)
        self.assertEqual(case.stderr, "to stderr\n")
        # The server wrote once what start-up left in buffers.
        self.assertNotIn("start-up", case.stdout)
        self.assertIn("no newline", self.forked("Ends.exits_0", directory="other").stdout)

    def test_the_server_prints_what_start_up_printed_and_no_list(self):
        server = self.fork_server("--gtest_filter=State.*")
        server.listed()
        server.run("State.first").finish()
        printed = server.quit().stdout.decode()
        self.assertEqual(printed.count("start-up by stdio"), 1, printed)
        self.assertEqual(printed.count("start-up by iostream"), 1, printed)
        self.assertEqual(printed.count("destroyed in"), 1, printed)
        self.assertNotIn("first", printed)

    def test_the_case_is_named_before_it_goes_on(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.hangs")
        (hanging,) = self.announced(self.pid_file())
        self.assertEqual(case.messages, [])
        _, anchor, child, start = case.until("child")
        self.assertEqual(int(child), hanging.pid)
        self.assertEqual(start, hanging.start)
        self.assertEqual(stat_of(hanging.pid)[1], anchor)
        anchor = process(int(anchor))
        case.terminate(signal.SIGTERM, 5000)
        case.finish()
        self.assertEqual(case.wait_status(), signal.SIGTERM)
        self.assertEqual(case.named("gone"), [["gone", "0"]])
        self.assert_gone([hanging, anchor])
        server.quit()

    def test_an_anchor_forks_one_case_after_the_other(self):
        server = self.fork_server()
        server.listed()
        first = server.run("Ends.crashes").finish(keep_anchor=True)
        second = server.run("State.first", anchor=first.report).finish(keep_anchor=True)
        third = server.run("State.second", anchor=first.report).finish(keep_anchor=True)
        # This order is for the case that has just ended, not for the next one.
        third.terminate(signal.SIGKILL, 0)
        fourth = server.run("Ends.passes", anchor=first.report).finish()
        cases = [first, second, third, fourth]
        self.assertEqual([case.wait_status() & 0x7F for case in cases], [ENDED_BY_SIGSEGV, 0, 0, 0])
        anchors, children, _ = zip(*[case.until("child")[1:] for case in cases])
        self.assertEqual(len(set(anchors)), 1)
        self.assertEqual(len(set(children)), 4)
        self.assertIn(f"printf of {children[3]}\n", fourth.stdout)
        self.assertEqual(server.quit().returncode, 0)
        self.assert_nothing_left()

    def test_each_case_finds_what_start_up_made(self):
        server = self.fork_server(START="handlers")
        server.listed()
        case = server.run("Ends.finds_what_start_up_made").finish(keep_anchor=True)
        again = server.run("Ends.finds_what_start_up_made", anchor=case.report).finish()
        for one in (case, again):
            self.assertEqual(one.wait_status(), 0, one.stdout)
        server.quit()

    def test_the_anchor_holds_nothing_of_the_case(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.hangs")
        anchor = case.until("child")[1]
        self.announced(self.pid_file())

        def kept():
            """The anchor's descriptors by number: the same as the server's, without the server's
            socket."""
            links = descriptors_of(anchor)
            beyond = [link for number, link in links.items() if number > 2]
            return sorted(link.split(":")[0] for link in beyond) == ["anon_inode", "socket"] and links
        links = wait_until(kept)
        self.assertTrue(any("pidfd" in link for link in links.values()), links)
        for number in range(3):
            self.assertEqual(links[number], os.readlink(f"/proc/{server.process.pid}/fd/{number}"))
        case.terminate(signal.SIGKILL, 0)
        case.finish()
        server.quit()

    def test_what_ends_a_case_holds_nothing_at_all(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.ignores_term")
        anchor = case.until("child")[1]
        self.announced(self.pid_file())
        case.terminate(signal.SIGTERM, 3_600_000)

        def let_go():
            links = [os.readlink(f"/proc/{anchor}/fd/{number}") for number in range(3)]
            return links == ["/dev/null"] * 3 and os.readlink(f"/proc/{anchor}/cwd") == "/"
        wait_until(let_go)
        case.terminate(signal.SIGKILL, 0)
        case.finish()
        server.quit()

    def test_a_case_that_ignores_the_order_is_killed_after_the_grace(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.ignores_term")
        (stubborn,) = self.announced(self.pid_file())
        case.terminate(signal.SIGTERM, 50)
        case.finish()
        self.assertEqual(case.wait_status(), signal.SIGKILL)
        self.assert_gone([stubborn])
        server.quit()

    def test_a_second_order_shortens_the_grace(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.ignores_term")
        self.announced(self.pid_file())
        case.terminate(signal.SIGTERM, 3_600_000)
        case.terminate(signal.SIGKILL, 0)
        case.finish()
        self.assertEqual(case.wait_status(), signal.SIGKILL)
        server.quit()

    def test_the_end_of_exec_ends_the_grace(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.ignores_term")
        test, = self.announced(self.pid_file())
        case.terminate(signal.SIGTERM, 3_600_000)
        anchor = parent_of(test).pid
        wait_until(lambda: "--anchor" in command_of(anchor), "the launcher in the anchor's place")
        case.report.close()
        self.assert_gone([test], PATIENCE_S)
        server.quit()

    def test_what_a_case_leaves_behind_is_ended_and_named(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.leaves_a_process").finish()
        left = int(self.pid_file().read_text())  # no launcher is around the fork server
        self.assertEqual(case.wait_status(), 0)
        self.assertEqual(case.named("left"), [["left", "1", str(left), "gtest_cases"]])
        self.assertEqual(case.names()[-3:], ["ended", "left", "gone"])
        self.assertIsNone(process(left))
        server.quit()

    def test_several_cases_run_beside_each_other(self):
        server = self.fork_server()
        server.listed()
        hanging = server.run("Ends.hangs")
        self.announced(self.pid_file())
        crashed = server.run("Ends.crashes").finish()
        passed = server.run("Ends.passes").finish()
        self.assertEqual(passed.wait_status(), 0)
        self.assertEqual(crashed.wait_status() & 0x7F, ENDED_BY_SIGSEGV)
        hanging.terminate(signal.SIGTERM, 5000)
        hanging.finish()
        server.quit()

    def test_a_case_has_only_the_report_beyond_stderr(self):
        case = self.forked("Ends.has_three_descriptors_and_its_report")
        self.assertEqual(case.wait_status(), 0, case.stdout)

    def test_start_up_that_ignores_its_children_loses_no_end(self):
        case = self.forked("Ends.exits_3", START="ignore-child")
        self.assertEqual(case.wait_status(), 3 << 8)
        case = self.forked("Ends.waits_for_its_child", START="ignore-child", directory="other")
        self.assertEqual(case.wait_status(), 0, case.stdout)

    def test_closed_standard_streams_are_the_cases_own_all_the_same(self):
        # With a long path, the program needs one more descriptor while it connects.
        for name, named in (("closed" * 20, str), ("closed", lambda place: place.name)):
            def closed(place, named=named):
                return self.start("sh", "-c", f"exec {program('gtest_cases')} >&- 2>&-",
                                  env=self.environment(HOLDFAST_MARKER_DIR=named(place)))
            with self.subTest(name):
                server = Worker(self.work / name, ["fork", LAUNCHER], closed)
                self.addCleanup(server.close)
                server.listed()
                case = server.run("Ends.passes").finish()
                self.assertIn("printf of", case.stdout)
                self.assertEqual(case.stderr, "to stderr\n")
                server.quit()

    def test_the_server_ends_with_exec_and_waits_for_its_cases(self):
        server = self.fork_server()
        server.listed()
        case = server.run("Ends.hangs")
        (hanging,) = self.announced(self.pid_file())
        server.connection.close()
        os.kill(hanging.pid, signal.SIGKILL)
        self.assertEqual(case.finish().wait_status(), signal.SIGKILL)
        self.assertEqual(server.end().returncode, 0)

    def test_start_up_that_cannot_be_copied_is_refused(self):
        for start, word in (("thread", "2 threads"), ("timer", "timer"), ("child", "started a process"),
                            ("shared", "shared memory")):
            with self.subTest(start):
                server = self.fork_server(START=start, directory=f"markers-{start}")
                (refusal,) = server.messages()
                self.assertEqual(refusal[0], "cannot-fork")
                self.assertIn(word, refusal[1])
                ended = server.end()
                self.assertEqual(ended.returncode, 0)
                self.assertNotIn(b"passes", ended.stdout)

    def test_the_anchor_option_is_not_for_people(self):
        done = self.finish(LAUNCHER, "--anchor", "x")
        self.assertEqual(done.returncode, 125)
        self.assert_our_lines(done.stderr, 1)


if __name__ == "__main__":
    unittest.main()
