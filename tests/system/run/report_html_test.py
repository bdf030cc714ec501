"""The HTML report of a real run: its plain part, and its data (docs/guide/reports.md)."""

import json
import unittest

from report_example import HOSTILE, ExampleCase
from report_page import Page
from support import CTEST, wait_until

class ReportHtml(ExampleCase):
    def test_a_page_of_everything(self):
        """One run, because it takes its time."""
        self.tree = self.example()
        self.text = self.report(self.tree, "html")
        self.page = Page(self.text)
        self.json = json.loads(self.report(self.tree, "json"))
        for check in (self.the_page_and_json_agree, self.failures_are_told_in_plain_markup,
                      self.failures_have_their_words_in_the_data, self.a_hostile_name_is_text,
                      self.the_timeline_has_each_attempt_and_its_wait):
            with self.subTest(check.__name__):
                check()

    def the_page_and_json_agree(self):
        counts, columns = self.json["counts"], self.page.data["columns"]
        found = dict.fromkeys(counts, 0)
        for outcome in columns["outcome"]:
            name = columns["outcomes"][outcome][0]
            found["failed" if name == "deliberate_exit" else name] += 1
        for name, _, _ in columns["outcomes"]:
            if name != "deliberate_exit":
                self.assertEqual(found[name], counts[name], name)
        self.assertEqual(len(columns["outcome"]), counts["planned"])
        for bit, name in enumerate(("flaky", "leaked", "stale", "orphan_markers", "bare")):
            self.assertEqual(sum(flag >> bit & 1 for flag in columns["flag"]), counts[name], name)
        self.assertEqual((counts["crashed"], counts["timed_out"], counts["not_run"], counts["flaky"], counts["leaked"]),
                         (2, 1, 2, 1, 1), counts)
        for number, label in ((counts["planned"], "planned"), (counts["failed"], "failed"), (counts["crashed"], "crashed")):
            self.assertIn(f"<dt>{label}</dt><dd>{number}</dd>", self.text)
        tests = self.json["tests"]
        self.assertEqual(self.page.names(), [test["name"] for test in tests])
        self.assertEqual(columns["number"], [-1 if test["index"] is None else test["index"] for test in tests])
        for index, details in self.all_details().items():
            own, shown = tests[int(index)], details["test"]
            for key in ("name", "outcome", "flags", "index", "key", "verdict"):
                self.assertEqual(shown[key], own[key])
            self.assertEqual([attempt["n"] for attempt in shown["attempts"]], [attempt["n"] for attempt in own["attempts"]])
            self.assertEqual(len(shown["cases"]), len(own["cases"]))

    def all_details(self):
        found = {}
        for name, block in self.page.data.items():
            if name.startswith("details-"):
                found.update(block)
        return found

    def failures_are_told_in_plain_markup(self):
        words = self.page.words
        for said in ("journal/recovery_test.cpp:214", "the last segment has no footer",
                     "AddressSanitizer: heap-buffer-overflow", "image/png_decode.cpp:87", "signal 11 (SIGSEGV)",
                     "evicting 512 entries", "2 of 4 cases went wrong", "Ends.segfault", "exit:4=2: 1 of 2",
                     "leave_child", "query: die", "Unable to find required file: /no/such/program",
                     "db died during orders.drop (alone)", "Longest waits for locks", HOSTILE):
            with self.subTest(said):
                self.assertIn(said, words)
        self.assertNotIn("\x1b", words)
        self.assertNotIn("[0;31m", words)
        first = words.index("journal/recovery_test.cpp:214")
        self.assertLess(first, words.index("opening journal with 3 segments"))
        # Nothing depends on a style or a script of its own.
        for tag, about in self.page.tags:
            self.assertFalse([name for name in about if name == "style" or name.startswith("on")], (tag, about))

    def failures_have_their_words_in_the_data(self):
        words = self.page.data["words"]
        said = {self.page.names()[index]: text for index, text in zip(words["of"], words["words"])}
        self.assertEqual(said["image.png"], "image/png_decode.cpp:87: AddressSanitizer: heap-buffer-overflow")
        self.assertIn("Which is: 41", said["journal.recovery"])
        self.assertEqual(said[HOSTILE], f"a.cpp:1: {HOSTILE}")
        self.assertNotIn("parser.numbers", said)

    def a_hostile_name_is_text(self):
        self.assertNotIn("<img", self.text)
        self.assertFalse([about for tag, about in self.page.tags if tag == "img"])
        self.assertEqual(len(self.page.scripts), 1)
        self.assertIn("default-src 'none'", self.page.policy)
        self.assertNotIn("unsafe", self.page.policy)
        led = [about for _, about in self.page.tags if {"src", "href"} & set(about) and
               not about.get("href", "").startswith(("data:", "#"))]
        self.assertEqual([list(about) for about in led], [["href"]])  # to the log
        self.assertRegex(led[0]["href"], r"^file:///[\w./%-]+/holdfast\.log$")

    def the_timeline_has_each_attempt_and_its_wait(self):
        timeline, names = self.page.data["timeline"], self.page.names()
        jobs = timeline["tests"]
        attempts = sum(len(test["attempts"]) for test in self.json["tests"])
        self.assertEqual(jobs["jobs"], attempts)
        drawn, known = dict.fromkeys(names, 0), {}
        for of, wait in zip(jobs["of"], jobs["wait"]):
            drawn[names[of]] += wait
        for test in self.json["tests"]:
            known[test["name"]] = sum(attempt["lock_wait_s"] for attempt in test["attempts"])
        for name, microseconds in drawn.items():
            self.assertAlmostEqual(microseconds / 1e6, known[name], delta=0.001, msg=name)
        # On a loaded machine, who waits is not known before: some test does.
        self.assertGreater(max(drawn[name] for name in drawn if name.startswith("db.")), 0)
        self.assertEqual(timeline["services"]["name"], ["db, generation 1", "db, generation 2"])
        self.assertEqual([[generation for generation, _ in deaths] for deaths in timeline["services"]["deaths"]],
                         [[1], []])


class Incomplete(ExampleCase):
    def test_a_run_that_goes_on_or_died_says_so_on_top(self):
        tree = self.project("add_test(NAME slow COMMAND sleep 60)\n")
        run = self.start(CTEST, cwd=tree)
        wait_until(lambda: list(tree.glob(".holdfast/runs/*/journal.jsonl")), "the run to begin")
        wait_until(lambda: self.records(self.runs(tree)[-1], "attempt_started"), "the test to start")
        run.kill()
        run.wait()
        wait_until(lambda: "INCOMPLETE" in self.report(tree, "text"), "the run to be over")
        page = Page(self.report(tree, "html"))
        self.assertIn("INCOMPLETE: ctest did not finish", page.words)
        self.assertIn("\nINCOMPLETE: 1 of 1 test went wrong\n", page.words)


if __name__ == "__main__":
    unittest.main()
