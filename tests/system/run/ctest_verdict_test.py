"""Compares the mirror of ctest's verdict with ctest, for the same properties, ends and outputs."""

import os
import random
import re
import subprocess
import unittest

from support import CTEST, SystemCase, ctest_version, plain_environment

MIRROR = os.environ["SYSTEM_TEST_VERDICT_MIRROR"]
RUN = 'cat "$0"; if [ "$1" = code ]; then exit "$2"; else kill -s "$2" $$; fi'

NAMES = {"will-fail": "WILL_FAIL", "code": "SKIP_RETURN_CODE", "pass": "PASS_REGULAR_EXPRESSION",
         "fail": "FAIL_REGULAR_EXPRESSION", "skip": "SKIP_REGULAR_EXPRESSION"}
_VERDICT = re.compile(r"^ *\d+/\d+ Test +#(\d+): .*?(Passed|\*\*\*[A-Z][a-z]+)", re.M)
WORDS = {"Passed": "passed", "***Failed": "failed", "***Skipped": "skipped",
         "***Exception": "failed"}


def encoded(text):
    return "".join(c if re.match(r"[A-Za-z0-9_.+-]", c) else "".join(
        f"%{b:02X}" for b in c.encode("utf-8", "surrogateescape")) for c in text)


class Case:
    """`properties`: pairs of Holdfast's name and a value; `end`: ("code", 3) or ("signal", 6)."""

    def __init__(self, properties, end, output):
        self.properties = properties
        self.end = end
        self.output = output

    def for_the_mirror(self):
        parts = [name if name == "will-fail" else
                 f"{name}={value}" if name == "code" else f"{name}={encoded(value)}"
                 for name, value in self.properties]
        return ",".join(parts)

    def for_ctest(self):
        calls = []
        for name, value in self.properties:
            value = "ON" if name == "will-fail" else value
            calls.append(f"set_tests_properties(NAME PROPERTIES {NAMES[name]} [==[\n{value}]==])")
        return calls

    def __str__(self):
        return f"{self.properties} {self.end} {self.output!r}"


def by_rule():
    for end in (("code", 0), ("code", 1), ("code", 77), ("signal", 6), ("signal", 11)):
        for output in (b"", b"good\n", b"bad\n", b"later\n", b"good bad\n", b"good\nbad\nlater\n"):
            for properties in (
                    [], [("will-fail", "")], [("code", "77")], [("code", "0")],
                    [("pass", "good")], [("pass", "x"), ("pass", "goo")], [("fail", "bad")],
                    [("skip", "later")], [("pass", "good"), ("fail", "bad")],
                    [("pass", "good"), ("skip", "later"), ("will-fail", "")],
                    [("fail", "bad"), ("code", "77"), ("will-fail", "")],
                    [("pass", "("), ("fail", "bad")], [("skip", "a**")]):
                yield Case(properties, end, output)
    for code in ("-1", "256", "77x", "x", "300"):
        for end in (0, 1, 44, 77):
            yield Case([("code", code)], ("code", end), b"")


def by_output():
    outputs = [b"a", b"a\n", b"a\r\n", b"a\r", b"a\r\r\nb", b"a\0b\n", b"\n\na\n", b"a\n\n", b"",
               b"x\n<CTestDetails>a</CTestDetails>\n", b"<CTestLabel>a</CTestLabel> b\nx\n",
               b"<CTestLabel>a\n</CTestLabel>\n", b"<CTestDetails></CTestDetails>a\n",
               b"\xff\xfea\n", b"\xc3\xa4a\n"]
    for output in outputs:
        for expression in ("^a$", "a\n$", "^a\n", "a\r", "\na", "a\nb", "a.b", "CTest", "a\n\n",
                           "<CTestLabel>a", "^$", "b\n$", "x\n$", "[^\n]a"):
            yield Case([("pass", expression)], ("code", 0), output)


def by_dialect():
    texts = [b"ac", b"abc", b"abbc", b"a{2}b", b"aa", b"7d", b"a^b", b"a]b", b"a-b", b"a\\b", b"[x]",
             b"A_b.c", b"a,b=c;d"]
    for expression in ("ab*c", "ab+c", "ab?c", "a{2}", "\\d", "[0-9]d", "a^b", "a]b", "[]]", "[^]]]b",
                       "[-a]-", "[a-]b", "[a-c-e]+c", "[[:alpha:]]", "[\\]b", "[\\]", "\\\\", "\\[x\\]",
                       "(a|b)+c", "(a|)b", "a||c", "x()", "()", "a$", "^?b", "(^|a)b", "(ab|a)(bc|c)",
                       "a(b|$)", "(((((((((a)))))))))", "((((((((((a))))))))))", "[a", "[z-a]", "(a",
                       "a)", "*a", "a**", "a?*", "(a*)*", "(a|b*)+", "^*", "$+", "a\\", ".", "..*", "\\.",
                       "[.]", "[+*?]", "A_b\\.c", ",b=", "[b-b]", "[^a-zA-Z]", "|", "a|", "[a-c]*"):
        if expression.count("(") > 9 and ctest_version() >= (3, 31):
            continue  # ctest took nine before 3.31 (docs/internals/decisions/0018*)
        for text in texts:
            yield Case([("fail", expression)], ("code", 0), text)


def by_chance(count):
    chance = random.Random(6)
    for _ in range(count):
        expression = "".join(chance.choice("aab()[]|*+?^$.-\\") for _ in range(chance.randint(1, 9)))
        text = "".join(chance.choice("aab-]^\\\n") for _ in range(chance.randint(0, 7)))
        kind = chance.choice(("pass", "fail", "skip"))
        yield Case([(kind, expression)], ("code", chance.randint(0, 1)), text.encode())


class CTestVerdictTest(SystemCase):
    def mirrored(self, cases, files):
        lines = "".join(f"{case.for_the_mirror()}\t{case.end[0]}\t{case.end[1]}\t{file}\n"
                        for case, file in zip(cases, files))
        ended = subprocess.run([MIRROR], input=lines.encode(), stdout=subprocess.PIPE, check=True)
        return ended.stdout.decode().splitlines()

    def concluded(self, cases, files):
        """The verdicts of ctest in a tree that nobody configured."""
        lines = []
        for number, (case, file) in enumerate(zip(cases, files), 1):
            lines.append(f'add_test(t{number} /bin/sh -c [==[{RUN}]==] "{file}" '
                         f'{case.end[0]} {case.end[1]})')
            lines += [call.replace("NAME", f"t{number}", 1) for call in case.for_ctest()]
        (self.work / "CTestTestfile.cmake").write_bytes("\n".join(lines).encode())
        ended = subprocess.run([CTEST, "-j4"], cwd=self.work, env=plain_environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, check=False)
        found = {int(n): WORDS[word] for n, word in
                 _VERDICT.findall(ended.stdout.decode(errors="replace"))}
        return [found.get(number, "nothing") for number in range(1, len(cases) + 1)]

    def compare(self, cases):
        cases = list(cases)
        outputs = {}
        for case in cases:
            file = outputs.setdefault(case.output, self.work / f"output-{len(outputs)}")
            file.write_bytes(case.output)
        files = [outputs[case.output] for case in cases]
        differences = [f"{case}: ctest {real}, mirror {mirrored}"
                       for case, real, mirrored in zip(cases, self.concluded(cases, files),
                                                       self.mirrored(cases, files))
                       if real != mirrored]
        self.assertEqual(differences, [])
        self.assertGreater(len(cases), 100)

    def test_the_rules_and_their_order(self):
        self.compare(by_rule())

    def test_the_output_as_ctest_reads_it(self):
        self.compare(by_output())

    def test_the_dialect(self):
        self.compare(by_dialect())

    def test_expressions_and_outputs_by_chance(self):
        self.compare(by_chance(400))


if __name__ == "__main__":
    unittest.main()
