"""Shared by the tests of `holdfast affected`: a project of C++ in a repository of git, built by Ninja."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from support import CMAKE, CTEST, HOLDFAST, STAGE, WORK, ProjectCase

GIT = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "protocol.file.allow=always",
       "-c", "init.defaultBranch=main"]

# To g++, headers of one content and time with `#pragma once` are one file: their contents differ.
#
# Two programs that share a library and a header, and one whose source is made of a file and what
# that file names (a depfile).
PROJECT = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ CXX)
enable_testing()
find_package(Holdfast REQUIRED)
include(cmake/more.cmake)
configure_file(config.h.in config.h)
add_library(core STATIC core/core.cpp)
target_include_directories(core PUBLIC . ${PROJECT_BINARY_DIR})
add_library(plug MODULE plug.cpp)
add_custom_command(OUTPUT made.cpp
  COMMAND sh ${PROJECT_SOURCE_DIR}/make.sh ${PROJECT_SOURCE_DIR} made.cpp made.cpp.d
  DEPENDS make.sh parts/list.txt DEPFILE made.cpp.d)
foreach(name IN ITEMS one two)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} core)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
add_executable(made made.cpp)
add_dependencies(made plug)
add_test(NAME made COMMAND made)
add_executable(tool tool.cpp)
set_target_properties(made PROPERTIES RUNTIME_OUTPUT_DIRECTORY bin)
add_test(NAME script COMMAND sh "${PROJECT_SOURCE_DIR}/odd names/s;x.sh" first)
add_test(NAME needs COMMAND true)
set_tests_properties(needs PROPERTIES REQUIRED_FILES "${PROJECT_SOURCE_DIR}/data/needed.txt")
add_test(NAME told COMMAND sh -c "true" --input=${PROJECT_SOURCE_DIR}/data/told.txt)
add_test(NAME variable COMMAND true)
set_tests_properties(variable PROPERTIES ENVIRONMENT "HELPER=$<TARGET_FILE:tool>")
""",
    "cmake/more.cmake": "# nothing\n",
    "config.h.in": "#define CONFIG 1\n",
    "core/core.cpp": '#include "core/core.h"\n#include "config.h"\nint core() { return 0; }\n',
    "core/core.h": '#pragma once\n#include "core/deep.h"\nint core();\n',
    "core/deep.h": "#pragma once\nint deep();\n",
    "one.cpp": '#include "core/core.h"\n#include "one.h"\nint main() { return core(); }\n',
    "one.h": "#pragma once\nint one();\n",
    "two.cpp": '#include "core/core.h"\nint main() { return core(); }\n',
    "plug.cpp": "int plug() { return 1; }\n",
    "tool.cpp": '#include "late.h"\nint main() { return 0; }\n',
    "late.h": "#pragma once\nint late();\n",
    "make.sh": r"""
place=$(printf '%s' "$1" | sed 's/ /\\ /g')
echo 'int main() { return 0; }' >"$2.new"
if cmp -s "$2.new" "$2"; then rm "$2.new"; else mv "$2.new" "$2"; fi
{ printf '%s:' "$2"; while read -r one; do printf ' \\\n  %s' "$place/parts/$one"; done <"$1/parts/list.txt"; echo; } >"$3"
""",
    "parts/list.txt": "a.txt\nb.txt\n",
    "parts/a.txt": "a\n",
    "parts/b.txt": "b\n",
    "odd names/s;x.sh": "true\n",
    "data/needed.txt": "\n",
    "data/told.txt": "\n",
    "data/free.txt": "\n",
    "README.md": "read me\n",
}
ALL = ["one", "two", "made", "script", "needs", "told", "variable"]


class AffectedCase(ProjectCase):
    source_name = "a source"
    files = PROJECT

    shared = None  # of the class: the directory of its project
    uses_shared = False

    def setUp(self):
        super().setUp()
        if not shutil.which("git") or not shutil.which("ninja"):
            self.skipTest("git or ninja is not installed")
        self.source = self.work / self.source_name
        self.tree = self.work / "a tree"

    @property
    def project_name(self):
        return self.shared.name.replace(".", "_") if self.uses_shared else super().project_name

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if self.uses_shared and self.work.exists() and len(result.failures) + len(result.errors) > before:
            shutil.copytree(self.shared, self.work / "shared", symlinks=True)

    def share(self, files, state):
        """The project of the class. It is built once; each test has it at the same paths, with the same
        times of files."""
        cls = type(self)
        is_new = cls.shared is None
        if is_new:
            cls.shared = Path(tempfile.mkdtemp(prefix=f"{cls.__name__}.", dir=WORK))
            cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        self.uses_shared = True
        self.source = self.shared / "a source"
        self.tree = self.shared / "a tree"
        if is_new:
            self.repository(files)
            self.configure()
            self.keep("configured")
            self.build()
            self.keep("built")
        self.restore(state)

    def keep(self, state):
        (self.shared / state).mkdir()
        subprocess.run(["cp", "-a", self.source, self.tree, self.shared / state], check=True)

    def restore(self, state):
        for place in (self.source, self.tree):
            shutil.rmtree(place)
            subprocess.run(["cp", "-a", self.shared / state / place.name, place], check=True)

    def git(self, *words, cwd=None, code=0):
        done = self.finish(*GIT, *words, cwd=cwd or self.source, env=self.git_environment())
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done.stdout.decode()

    def git_environment(self):
        return self.environment(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")

    def write(self, name, text, source=None):
        file = (source or self.source) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def append(self, name, text="\n"):
        with open(self.source / name, "a", encoding="utf-8") as file:
            file.write(text)

    def commit(self, source=None, message="change"):
        self.git("add", "-A", cwd=source)
        self.git("commit", "-q", "-m", message, cwd=source)

    def repository(self, files=PROJECT, source=None):
        source = source or self.source
        for name, text in files.items():
            self.write(name, text.replace("@NAME@", self.project_name), source)
        self.git("init", "-q", cwd=source)
        self.commit(source, "all that there is")

    def configure(self, *options, generator="Ninja", source=None, code=0):
        done = self.finish(CMAKE, "-G", generator, "-S", source or self.source, "-B", self.tree,
                           f"-DCMAKE_PREFIX_PATH={STAGE}", "-DHOLDFAST_BUILD_STEPS=OFF", *options, bound=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def build(self, *words, code=0):
        done = self.finish(CMAKE, "--build", self.tree, *words, bound=240)
        self.assertEqual(done.returncode, code, done.stdout.decode())
        return done.stdout.decode()

    def built(self, files=None):
        """A project that is built: `files`, or that of the class."""
        if files is None:
            return self.share(self.files, "built")
        self.repository(files)
        self.configure()
        self.build()
        return None

    def ask(self, *words, since="HEAD", code=0, cwd=None):
        """The lines of stdout; those of stderr are in `said`."""
        done = self.finish(HOLDFAST, "affected", "--since", since, *words, cwd=cwd or self.tree,
                           env=self.git_environment(), bound=120)
        self.said = done.stderr.decode()
        self.assertEqual(done.returncode, code, done.stdout.decode() + self.said)
        return done.stdout.decode().splitlines()

    def refused(self, *words, since="HEAD", cwd=None):
        self.assertEqual(self.ask(*words, since=since, code=2, cwd=cwd), [])
        self.assert_our_lines(self.said.encode(), 1)
        return self.said.removeprefix("holdfast: ").rstrip("\n")

    def told(self, *words, **how):
        """What `--format json` says, as `explained`: the tests and their reasons."""
        whole = json.loads("\n".join(self.ask("--format", "json", *words, **how)))
        self.explained = {one["test"]: one["because"] for one in whole["tests"]}
        return whole

    def assert_affected(self, *tests, **how):
        self.assertEqual(self.ask(**how), list(tests), self.said)
        self.assertRegex(self.said, r"\A\Z" if tests else r"\A(holdfast: no test needs [^\n]*\n)?\Z")

    def assert_all(self, said, **how):
        self.assertEqual(self.ask(**how), ALL, self.said)
        self.assertIn(said, self.said)

    def back(self):
        """The project of the class, as it was built."""
        self.restore("built")

    def ninja(self, *words):
        done = self.finish("ninja", "-C", self.tree, *words, bound=3600)
        self.assertEqual(done.returncode, 0, done.stdout.decode()[-4000:])
        return done.stdout.decode()

    def programs(self):
        """The program of each test, from the build tree."""
        listed = subprocess.run([CTEST, "--show-only=json-v1"], cwd=self.tree, stdout=subprocess.PIPE, check=True)
        programs = {}
        for test in json.loads(listed.stdout)["tests"]:
            directory = next(p["value"] for p in test["properties"] if p["name"] == "WORKING_DIRECTORY")
            program = os.path.join(directory, test["command"][0])
            programs[test["name"]] = os.path.relpath(program, self.tree)
        return programs

    def would_link(self):
        """The programs that Ninja would link, and the number of its compile steps."""
        plan = self.ninja("-n")
        return (set(re.findall(r"\] Linking \w+ executable (.+)$", plan, re.MULTILINE)),
                len(re.findall(r"\] Building \w+ object ", plan)))
