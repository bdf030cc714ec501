"""Reads a JUnit file with parsers that are not ours: xmllint, with a schema, and junitparser."""

import json
import subprocess
import unittest

from support import SOURCES

SCHEMA = SOURCES / "tests/unit/report/junit.xsd"
# Debian's package of junitparser serves only the system's Python.
READ_JUNIT = """
import json, sys
from junitparser import Element, JUnitXml
class Flaky(Element): _tag = "flakyFailure"
class Rerun(Element): _tag = "rerunFailure"
for suite in JUnitXml.fromfile(sys.argv[1]):
    for case in suite:
        result = [type(one).__name__ for one in case.result]
        print(json.dumps({"name": case.name, "classname": case.classname, "result": result,
                          "flaky": len(list(case.iterchildren(Flaky))), "rerun": len(list(case.iterchildren(Rerun)))}))
"""


def check_by_schema(file):
    """Fails with xmllint's words unless the file is as the schema says."""
    try:
        read = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, file], capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise unittest.SkipTest("xmllint is not installed") from missing
    if read.returncode != 0:
        raise AssertionError(read.stderr)


def cases_by_junitparser(file):
    """The test cases. `result` lists what there is of Failure, Error and Skipped."""
    read = subprocess.run(["/usr/bin/python3", "-c", READ_JUNIT, file], capture_output=True, text=True, check=False)
    if "No module named 'junitparser'" in read.stderr:
        raise unittest.SkipTest("junitparser is not installed (package python3-junitparser)")
    if read.returncode != 0:
        raise AssertionError(read.stderr)
    return [json.loads(line) for line in read.stdout.splitlines()]
