"""What ctest's console says of a run: each test in ctest's words, ctest's numbers, Holdfast's
summary. Also the outcome, verdict and JUnit element for each of ctest's words
(docs/reference/outcomes.md, docs/reference/report-formats.md)."""

import re
from collections import Counter
from dataclasses import dataclass, field

# ctest's words about an expression may contain a line break.
LINE = re.compile(r"^ *(?:\d+/\d+)? +Test +#(\d+): (\S+) \.*([\s\S]*?) +[\d.]+ sec$", re.MULTILINE)
# A line of ours that came while ctest was in the middle of one.
WITHIN = re.compile(r"(?<=\.)holdfast: .*\n(?:holdfast:   .*\n)*")
NUMBERS = re.compile(r"^\d+% tests passed, (\d+) tests? failed out of (\d+)$", re.MULTILINE)
SUMMARY = re.compile(r"^holdfast: (?:(\d+) tests? through Holdfast: (.*)|no test ran through Holdfast|"
                     r"no tests: ctest selected none[^\n]*)\n(?:holdfast: verdict unknown: .*\n)?"
                     r"(?:holdfast: the keeper of this run was killed after .*\n)?"
                     r"(?:holdfast: (\d+) not through Holdfast: (.*)\n)?", re.MULTILINE)

FOUND = "Failed Error regular expression found in output."
NOT_FOUND = "Failed Required regular expression not found."
SEGFAULT = "Exception: SegFault"
ABORTED = "Subprocess aborted Exception:"
KILLED = "Subprocess killed Exception:"
TERMINATED = "Subprocess terminated Exception:"
DISABLED = "Not Run (Disabled)"

# The only outcome, besides `unknown`, that fits ctest's words.
OUTCOMES = {
    "Passed": "passed",
    "Skipped": "skipped",
    "Failed": "failed",
    FOUND: "failed",
    NOT_FOUND: "failed",
    "Timeout": "timed_out",
    "Timeout (SIGUSR1)": "timed_out",  # from CMake 3.27 on
    SEGFAULT: "crashed",
    ABORTED: "crashed",
    KILLED: "crashed",
    TERMINATED: "crashed",
    "Not Run": "not_run",
    DISABLED: "not_run",
}
NOT_STARTED = {"Not Run", DISABLED}
# Every other outcome becomes an `error`.
ELEMENTS = {"passed": None, "skipped": "skipped", "unknown": "error", "failed": "failure"}


def outcome_of(words, is_bare):
    """Only ctest knows how a bare test failed."""
    outcome = OUTCOMES[words]
    is_seen = not is_bare or outcome in {"passed", "skipped", "not_run"}
    return outcome if is_seen else "failed"


def verdict_of(words):
    verdicts = {"Passed": "passed", "Skipped": "skipped", DISABLED: "disabled"}
    return verdicts.get(words, "failed")


def element_of(test):
    """The JUnit element that fits a test of the JSON report. None: the test has none."""
    if test["verdict"] == "disabled":
        return "skipped"
    return ELEMENTS.get(test["outcome"], "error")


@dataclass
class Said:
    """The part of a console that belongs to one ctest_test()."""

    words: dict = field(default_factory=dict)  # of the last execution, by the test's name
    times: Counter = field(default_factory=Counter)  # how often each test ran
    text: str = ""  # the whole part in one line
    failed: int = 0  # ctest's own count, if the run came to its end
    total: int = 0

    @classmethod
    def of(cls, chunk):
        said = cls(text=" ".join(chunk.split()))
        for _, name, text in LINE.findall(WITHIN.sub("", chunk)):
            said.words[name] = " ".join(re.sub(r"Regex=\[.*", "", text, flags=re.DOTALL).replace("***", " ").split())
            said.times[name] += 1
        if numbers := NUMBERS.search(chunk):
            said.failed, said.total = int(numbers[1]), int(numbers[2])
        return said


def each_said(text):
    return [Said.of(chunk) for chunk in re.split(r"^Test project .*$", text, flags=re.MULTILINE)[1:]]


@dataclass
class Summary:
    """Holdfast's lines at the end of one ctest_test()."""

    through: int
    outcomes: Counter  # by their names in JSON
    extras: Counter  # what follows them: "left processes behind"
    not_through: int

    @classmethod
    def of(cls, number, text, not_through, names):
        if not_through:
            shown = re.sub(r" \([^()]*\)", "", names)
            more = sum(int(count) for count in re.findall(r"and (\d+) more", shown))
            named = [name for name in re.split(r"[,;] ", re.sub(r"(; | )and \d+ more", "", shown)) if name]
            assert int(not_through) == len(named) + more, (not_through, names)
        first, *rest = re.sub(r" \([^()]*\)", "", text).split("; ")
        numbers = [Counter({name.replace(" ", "_"): int(count) for count, name in
                            (part.split(" ", 1) for part in parts if part)}) for parts in (first.split(", "), rest)]
        return cls(int(number or 0), *numbers, int(not_through or 0))


def each_summary(text):
    return [Summary.of(*found) for found in SUMMARY.findall(text)]
