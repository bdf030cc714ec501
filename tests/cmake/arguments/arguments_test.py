"""Arguments and names arrive byte for byte, whatever they hold and however many there are."""

import unittest

from holdfast_case import HoldfastCase

# Prints the command line of its shell in hexadecimal: every byte, NULs included.
DUMP = "#!/bin/sh\nod -An -v -tx1 /proc/$$/cmdline | tr -d ' \\n'\necho\n"

ODD = ["", "a;b", ";", ";;", "a;", '"quoted"', "it's", "[", "]", "[[x]]", "]==]", "[==[", "[a",
       "b]", "$HOME", "${VAR}", "$ENV{HOME}", "two\nlines", "\n", "back\\slash", "ends\\", "\\",
       "\\;", "\\[", " leading", "trailing ", "\t", "#hash", "(paren", "--", "--name", "-",
       "@at@", "%41", "*", "~", "ä€", "<x>", "COMMAND", "PROPERTIES"]


def quoted(text):
    """A quoted argument that CMake reads back as the same text."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), (";", "\\;")):
        text = text.replace(plain, escaped)
    # Within quotes CMake keeps both characters of "\;".
    return '"' + text.replace("\\;", ";") + '"'


class Arguments(HoldfastCase):
    def lines_for(self, tests):
        """A CTestTestfile.cmake with these tests, each a list of arguments."""
        return "".join(f"add_test(t{i} \"{self.dump}\" {' '.join(map(quoted, arguments))})\n"
                       for i, arguments in enumerate(tests))

    def run_lists(self, tests):
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/tests.cmake)
            """, files={"dump": DUMP})
        self.dump = source / "dump"
        (source / "tests.cmake").write_text(self.lines_for(tests))
        expected = self.ctest(self.configure(source, "plain", attached=False), "-V")
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assert_all_wrapped(run, len(tests))
        for i, arguments in enumerate(tests, start=1):
            sent = "".join(f"{a}\0" for a in ["/bin/sh", str(self.dump), *arguments])
            self.assertEqual(expected.output(i), [sent.encode().hex()], f"plain {arguments!r}")
            self.assertEqual(run.output(i), [sent.encode().hex()], f"{arguments!r}")

    def test_each_odd_argument_alone_and_among_others(self):
        self.run_lists([[odd] for odd in ODD] + [["a", odd, "b"] for odd in ODD])

    def test_any_number_of_plain_arguments(self):
        self.run_lists([[f"argument {k}" for k in range(n)] for n in [*range(20), 300]])

    def test_any_number_of_odd_arguments(self):
        self.run_lists([(ODD * 8)[n:2 * n] for n in [*range(24), 100]])

    def test_one_odd_argument_among_many_plain_ones(self):
        plain = [f"x{k}" for k in range(15)]
        self.run_lists([[*plain[:7], odd, *plain[7:]] for odd in ODD] +
                       [[*plain, odd] for odd in ODD])

    def test_a_long_argument(self):
        self.run_lists([["x" * 100_000]])

    def test_odd_names(self):
        names = ["with blank", "a;b", "[x]", "a[", "]", "quo\"te", "$x", "back\\", "--name", "--",
                 "ä", "slash/es", "PROPERTIES2", "a,b", "100%"]
        lines = [f"add_test({quoted(n)} \"{{dump}}\")\n"
                 f"set_tests_properties({quoted(n)} PROPERTIES LABELS \"[a;b\" RESOURCE_LOCK l)\n"
                 for n in names]
        source = self.project(
            "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)\n",
            files={"dump": '#!/bin/sh\nprintf "via=%s\\n" "$HOLDFAST_TEST_NAME"\n'})
        (source / "t.cmake").write_text("".join(lines).replace("{dump}", str(source / "dump")))
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assert_all_wrapped(run, len(names))
        for i, name in enumerate(names, start=1):
            self.assertEqual(run.output(i), [f"via={name}"])
            self.assertIn("HOLDFAST_P_RESOURCE_LOCK=set:l", run.modifications()[i], name)

    def test_what_ctest_passes_by_in_a_call(self):
        """Calls without properties, with a name without a value, or without tests. ctest ignores
        them; the names here fit into no list."""
        names = ["a ]", "[x y", "plain"]
        lines = [f"add_test({quoted(n)} sh -c \"exit 3\")\n" for n in names]
        lines += [f"set_tests_properties({quoted(n)} PROPERTIES)\n"
                  f"set_tests_properties({quoted(n)} PROPERTIES LABELS)\n"
                  f"set_tests_properties({quoted(n)} PROPERTIES WILL_FAIL ON HOLDFAST_LOCKS l@build LABELS)\n"
                  for n in names]
        lines.append(f"set_tests_properties({' '.join(map(quoted, names))} PROPERTIES COST 1 HOLDFAST_RETRY exit:4=1)\n"
                     "set_tests_properties(PROPERTIES LABELS \"[\")\n")
        source = self.project(
            "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)\n",
            files={"t.cmake": "".join(lines)})
        expected = self.ctest(self.configure(source, "plain", attached=False))
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assertEqual((expected.code, len(expected.verdicts())), (0, len(names)), expected.text)
        self.assertEqual((run.code, run.verdicts()), (0, expected.verdicts()), run.text)
        for number in range(1, len(names) + 1):
            for told in ("LOCKS=set:l@build", "RETRY=set:exit:4=1", "VERDICT=set:will-fail"):
                self.assertIn(f"HOLDFAST_P_{told}", run.modifications()[number])

    def test_properties_after_where_a_test_was_added_from(self):
        """CMake writes that property last. A file that is written or changed by hand may have
        others after it."""
        place = '_BACKTRACE_TRIPLES "f;1;add_test;f;0;" '
        lines = [f"add_test({name} sh -c \"test $V = 1\")\n" for name in "abcde"]
        lines += [f"set_tests_properties(a b PROPERTIES ENVIRONMENT V=1 {place} WILL_FAIL ON HOLDFAST_LOCKS l@build)\n",
                  f"set_tests_properties(c d PROPERTIES {place} 7 x ENVIRONMENT V=1 {place} LABELS)\n",
                  f"set_tests_properties(e PROPERTIES {place} ENVIRONMENT V=1 HOLDFAST_LOCKS l@build)\n"]
        source = self.project(
            "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)\n",
            files={"t.cmake": "".join(lines)})
        expected = self.ctest(self.configure(source, "plain", attached=False))
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assertEqual([verdict for _, verdict, *_ in expected.verdicts().values()],
                         ["***Failed"] * 2 + ["Passed"] * 3)
        self.assertEqual(run.verdicts(), expected.verdicts(), run.text)
        for number in (1, 2, 5):
            self.assertIn("HOLDFAST_P_LOCKS=set:l@build", run.modifications()[number])

    def test_property_values_arrive_unchanged(self):
        pairs = [("PASS_REGULAR_EXPRESSION", "[0-9]+ [;]x"), ("ENVIRONMENT", "A=[x;B=y\\"),
                 ("LABELS", ""), ("WILL_FAIL", "OFF"), ("FAIL_REGULAR_EXPRESSION", "a]b"),
                 ("ATTACHED_FILES", ""), ("COST", "1"), ("PROCESSORS", "1"),
                 ("SKIP_REGULAR_EXPRESSION", "$x"), ("MEASUREMENT", "m=[")]
        lines = []
        for n in range(1, len(pairs) + 1):
            values = " ".join(f"{key} {quoted(value)}" for key, value in pairs[:n])
            lines.append(f"add_test(t{n} true)\nset_tests_properties(t{n} PROPERTIES {values})\n")
            lines.append(f"add_test(u{n} true)\nadd_test(v{n} true)\n"
                         f"set_tests_properties(u{n} v{n} PROPERTIES {values} DEPENDS none)\n")
        source = self.project(
            "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)\n",
            files={"t.cmake": "".join(lines)})
        expected = self.ctest(self.configure(source, "plain", attached=False))
        run = self.ctest(self.configure(source, "attached"))
        self.assertEqual(run.verdicts(), expected.verdicts())
        self.assertEqual(len(run.verdicts()), 3 * len(pairs))


if __name__ == "__main__":
    unittest.main()
