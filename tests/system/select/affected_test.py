"""`holdfast affected` names the tests that the changes since a commit affect."""

import re
import shutil
import unittest

from affected_case import ALL, PROJECT, AffectedCase
from support import HOLDFAST


class Changes(AffectedCase):
    """What changed, and what is made from it: the same answer before the build and after."""

    def before_and_after(self, *tests):
        self.assert_affected(*tests)
        self.build()
        self.assert_affected(*tests)
        self.back()
        self.assert_affected()

    def test_of_a_source_a_header_and_what_they_make(self):
        self.built()
        self.assert_affected()
        for file, *tests in [("one.cpp", "one"), ("one.h", "one"), ("core/core.cpp", "one", "two"),
                             ("core/core.h", "one", "two"), ("core/deep.h", "one", "two"),
                             ("parts/b.txt", "made"), ("parts/list.txt", "made"), ("make.sh", "made"),
                             ("tool.cpp", "variable"),
                             ("plug.cpp",)]:  # `made` only waits for it
            with self.subTest(file):
                self.append(file)
                self.before_and_after(*tests)

    def test_of_files_that_tests_name(self):
        self.built()
        for file, test in [("odd names/s;x.sh", "script"), ("data/needed.txt", "needs"), ("data/told.txt", "told")]:
            with self.subTest(file):
                self.append(file)
                self.before_and_after(test)

    def test_of_what_cmake_reads_all_tests(self):
        self.built()
        for file in ["CMakeLists.txt", "cmake/more.cmake", "config.h.in"]:
            with self.subTest(file):
                self.append(file, "\n")
                self.assert_all(f"all tests: CMake configures the build tree with {file}")
                self.build()
                self.assert_all(f"all tests: CMake configures the build tree with {file}")
                self.back()

    def test_of_a_file_that_nobody_knows_all_tests(self):
        self.built()
        self.append("data/free.txt")
        self.write("new.h", "#pragma once\nint added();\n")
        self.append("one.cpp", '#include "new.h"\n')
        self.assert_all("all tests: nobody knows data/free.txt, new.h (not Ninja, no test's command, no [[affected]]")
        self.assertEqual(self.said.count("\n"), 1)
        self.build()
        self.assert_all("all tests: nobody knows data/free.txt (")  # by now a compiler has read new.h
        self.git("checkout", "-q", "data/free.txt")
        self.assert_affected("one")

    def test_wherever_git_has_the_change(self):
        self.built()
        self.git("checkout", "-q", "-b", "work")
        self.append("one.cpp")
        self.commit()  # committed
        self.build()
        self.assert_affected()
        self.assert_affected("one", since="main")
        self.assert_affected(since=":/change")
        self.append("two.cpp")
        self.git("add", "two.cpp")  # staged
        self.append("parts/a.txt")  # neither
        self.assert_affected("two", "made")
        self.assert_affected("one", "two", "made", since="HEAD~1")
        self.git("stash", "-q")
        self.build()
        self.assert_affected("one", since="main")
        (self.source / "two.cpp").touch()  # no change
        self.assert_affected(since="HEAD")

    def test_of_a_file_that_is_gone_by_its_old_name(self):
        self.built()
        self.git("mv", "one.h", "uno.h")
        self.write("one.cpp", '#include "core/core.h"\n#include "uno.h"\nint main() { return core(); }\n')
        self.ask()
        self.assertIn("nobody knows uno.h (", self.said)  # and one.h is known
        self.build()
        self.ask()
        self.assertIn("nobody knows one.h (", self.said)  # nothing includes it any more
        self.git("reset", "-q", "--hard")
        self.build()
        (self.source / "tool.cpp").unlink()
        self.assert_affected("variable")
        (self.source / "data/needed.txt").unlink()
        self.assert_affected("needs", "variable")

    def test_of_what_was_never_built(self):
        self.share(PROJECT, "configured")
        self.assert_affected()  # nothing changed
        self.append("tool.cpp")
        self.assertEqual(self.ask(), ["made", "variable"])  # what made.cpp is made from is not known
        self.assertIn("made.cpp is not built: build first to have fewer", self.said)
        self.assertIn("holdfast: nothing is compiled yet: what sources include is read from their texts: build first "
                      "to have fewer\n", self.said)
        self.append("one.h")
        self.assertEqual(self.ask(), ["one", "made", "variable"])
        self.git("checkout", "-q", "one.h")
        self.append("make.sh")
        self.assertEqual(self.ask(), ["made", "variable"])
        self.append("core/deep.h")
        self.assertEqual(self.ask(), ["one", "two", "made", "variable"])
        self.git("checkout", "-q", "make.sh", "core/deep.h")
        self.append("data/told.txt")
        self.assertEqual(self.ask(), ["made", "told", "variable"])
        self.git("checkout", "-q", "data/told.txt")
        self.build("--target", "one")
        (self.tree / "CMakeFiles/one.dir/one.cpp.o").unlink()
        self.assertEqual(self.ask(), ["made", "variable"])
        self.assertNotIn("nothing is compiled", self.said)
        self.append("parts/b.txt")
        self.assert_all("all tests: nobody knows parts/b.txt (")
        self.build()
        self.assert_affected("made", "variable")

    def test_of_what_was_never_built_and_has_its_include_directories_in_a_file(self):
        self.repository(PROJECT)
        self.configure("-DCMAKE_NINJA_FORCE_RESPONSE_FILE=1")
        self.append("tool.cpp")
        self.assertEqual(self.ask(), ["one", "two", "made", "variable"])
        self.assertIn("core.cpp.o is not built", self.said)

    def test_of_what_was_built_before_something_else_changed(self):
        # Since the build, core.h includes a header that Ninja knows from another program.
        self.built()
        self.write("core/core.h", '#pragma once\n#include "core/deep.h"\n#include "late.h"\nint core();\n')
        self.commit()
        self.append("late.h")
        self.assertEqual(self.ask(), ["one", "two", "variable"])
        self.assertEqual(self.said, "")  # what core.h includes is in its text
        self.build()
        self.assert_affected("one", "two", "variable")

    def test_of_a_tree_that_is_older_than_its_project(self):
        self.built()
        self.append("cmake/more.cmake", 'add_test(NAME late COMMAND one)\n')
        self.commit()
        self.append("tool.cpp")
        self.assert_all("cmake/more.cmake is newer than what CMake has configured: build first to have fewer")
        self.build()
        self.assert_affected("variable")

    def test_an_output_that_a_command_leaves_as_it_is(self):
        self.built()
        self.append("parts/a.txt")
        self.commit()
        self.assertIn("Generating made.cpp", self.build())  # and made.cpp is older than parts/a.txt
        self.append("tool.cpp")
        self.assert_affected("variable")
        self.append("parts/a.txt")
        self.assert_affected("made", "variable")

    def test_a_record_that_ninja_has_lost(self):
        self.built()
        (self.tree / ".ninja_deps").unlink()
        self.append("late.h")
        self.assertEqual(self.ask(), ["variable"])
        self.assertEqual(self.said, "")
        self.write("tool.cpp", '#define NAME "late.h"\n#include NAME\nint main() { return 0; }\n')
        self.commit()
        self.append("one.h")
        self.assertEqual(self.ask(), ["one", "variable"])
        self.assertIn("tool.cpp.o was built, but Ninja has no record of its headers", self.said)

    def test_ninja_builds_and_writes_nothing_meanwhile(self):
        self.built()
        self.append("core/core.h")

        def state():
            return {str(file): (file.stat().st_mtime_ns, file.stat().st_size, file.stat().st_ino)
                    for file in self.tree.rglob("*") if file.is_file() and "Testing" not in str(file)}
        before = state()
        self.assert_affected("one", "two")
        self.assertEqual(state(), before)


class Places(AffectedCase):
    """Where sources and trees are."""

    def test_a_build_tree_and_another_in_the_source_tree(self):
        self.tree = self.source / "build dir"
        self.built(PROJECT)
        shutil.copytree(self.tree, self.source / "second")
        self.repository({"x": "x\n"}, self.tree / "_deps/x-src")  # as FetchContent makes them
        self.append("one.cpp")
        self.assert_affected("one")

    def test_a_project_below_the_top_of_its_repository(self):
        top = self.source
        self.source = top / "cpp" / "project"
        self.repository(source=self.source)
        shutil.rmtree(self.source / ".git")
        self.write("web/page.html", "page\n", top)
        self.write("shared/s.h", "#pragma once\nint shared();\n", top)
        self.write("one.cpp", '#include "../../shared/s.h"\nint main() { return 0; }\n')
        self.git("init", "-q", cwd=top)
        self.commit(top)
        self.configure()
        self.build()
        (top / "shared/s.h").write_text("#pragma once\nint shared2();\n")
        self.assert_affected("one")
        (top / "web/page.html").write_text("other\n")
        self.assert_all("nobody knows ../../web/page.html (")
        self.write("holdfast.toml", '[[affected]]\nignore = ["../../**"]\n')
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x", "--", "holdfast.toml")
        self.assert_affected("one")

    def test_paths_with_links(self):
        real = self.work / "real"
        real.mkdir()
        self.source.symlink_to(real)
        (real / "elsewhere").mkdir()
        (real / "elsewhere/real.cpp").write_text("int main() { return 0; }\n")
        (real / "linked.cpp").symlink_to("elsewhere/real.cpp")
        (real / "by").symlink_to("core")
        files = {**PROJECT, "two.cpp": '#include "by/core.h"\nint main() { return core(); }\n',
                 "CMakeLists.txt": PROJECT["CMakeLists.txt"] + """
add_executable(linked linked.cpp)
add_custom_target(link ALL COMMAND ${CMAKE_COMMAND} -E create_symlink $<TARGET_FILE:linked> ${PROJECT_BINARY_DIR}/l)
add_dependencies(link linked)
add_test(NAME linked COMMAND ${PROJECT_BINARY_DIR}/l)
"""}
        self.built(files)
        self.append("elsewhere/real.cpp")
        self.assert_affected("linked")
        self.git("checkout", "-q", ".", cwd=real)
        self.build()
        self.append("core/core.h")
        self.assert_affected("one", "two")

    def test_a_submodule(self):
        library = self.work / "library"
        self.repository({"lib.h": "#pragma once\nint lib();\n"}, library)
        deep = self.work / "deeper"
        self.repository({"inner.h": "#pragma once\nint inner();\n"}, deep)
        self.git("submodule", "--quiet", "add", str(deep), "in", cwd=library)
        self.commit(library)
        files = {**PROJECT, "one.cpp": '#include "sub dir/lib.h"\nint main() { return 0; }\n',
                 "two.cpp": '#include "sub dir/in/inner.h"\nint main() { return 0; }\n'}
        self.repository(files)
        self.git("submodule", "--quiet", "add", str(library), "sub dir")
        self.git("submodule", "--quiet", "update", "--init", "--recursive")
        self.commit()
        self.configure()
        self.build()
        self.assert_affected()
        self.append("sub dir/lib.h")
        self.assert_affected("one")
        self.commit(self.source / "sub dir")
        self.assert_affected("one")
        self.commit()
        self.assert_affected(since="HEAD")
        self.assert_affected("one", since="HEAD~1")
        self.append("sub dir/in/inner.h")
        self.assert_affected("one", "two", since="HEAD~1")
        self.write("sub dir/in/new.txt", "x")
        self.assert_all("nobody knows sub dir/in/new.txt (")

    def test_names_with_odd_bytes(self):
        names = ["semi;colon.cpp", 'quo"te.cpp', "new\nline.txt", "ü.cpp", b"no \xff utf8.txt".decode("utf-8", "surrogateescape")]
        files = {**PROJECT, "CMakeLists.txt": PROJECT["CMakeLists.txt"] + """
add_executable(odd "quo\\"te.cpp" "ü.cpp" "semi\\;colon.cpp")
add_test(NAME "o;d\\"d" COMMAND odd)
""", "ü.cpp": "int main() { return 0; }\n", 'quo"te.cpp': "\n", "semi;colon.cpp": "\n"}
        self.built(files)
        for name in ['quo"te.cpp', "ü.cpp", "semi;colon.cpp"]:
            with self.subTest(name):
                self.append(name)
                self.assert_affected('o;d"d')
                self.git("checkout", "-q", ".")
                self.build()
        for name in names:
            if name.endswith(".txt"):
                self.write(name, "x")
        self.ask()
        self.assert_our_lines(self.said.encode(), 1)
        self.assertIn("new\\nline.txt", self.said)
        self.assertEqual(len(self.told()["changes"]), 2)

    def test_a_configuration_of_several(self):
        self.repository()
        self.configure(generator="Ninja Multi-Config")
        self.build("--config", "Debug")
        self.append("one.cpp")
        self.assertIn("has several configurations: expected --config CFG", self.refused())
        self.assertIn("build-Fast.ninja", self.refused("-C", "Fast"))
        with (self.tree / "CTestTestfile.cmake").open("a", encoding="utf-8") as file:
            file.write('include("listed-${CTEST_CONFIGURATION_TYPE}.cmake")\n')  # as with PRE_TEST
        for name in ("Debug", "Release"):
            (self.tree / f"listed-{name}.cmake").touch()
        self.assertIn("(expected -C Debug, RelWithDebInfo or Release)", self.refused())
        self.assertEqual(self.ask("-C", "Debug"), ["one"], self.said)
        self.assertEqual(self.ask("-C", "Release"), ["one"])
        self.assertIn("nothing is compiled yet", self.said)
        targets = self.ask("-C", "Debug", "--format", "targets")
        self.build("--config", "Debug", "--target", *targets)

    def test_a_tree_without_holdfast(self):
        text = PROJECT["CMakeLists.txt"].replace("find_package(Holdfast REQUIRED)", "")
        self.built({**PROJECT, "CMakeLists.txt": text, "holdfast.toml": "[[affected]]\nignore = 'README.md'\n"})
        self.append("one.cpp")
        self.append("README.md")
        self.assert_affected("one")


    def test_a_shallow_clone_is_named_with_what_deepens_it(self):
        self.built()
        self.append("one.cpp")
        self.commit()
        clone = self.work / "clone"
        self.git("clone", "-q", "--depth", "1", f"file://{self.source}", clone)
        shutil.rmtree(self.source / ".git")
        (clone / ".git").rename(self.source / ".git")
        self.assertEqual(self.ask(), [])
        self.assertIn('"HEAD~1": expected a commit that this shallow clone has; git fetch --unshallow brings all (',
                      self.refused(since="HEAD~1"))


class Rules(AffectedCase):
    """[[affected]] of holdfast.toml."""

    def test_documentation_affects_nothing_unless_it_is_named(self):
        self.built({**PROJECT, "data/told.txt": "\n"})
        for name in ("README.md", "ChangeLog", "NEWS", "LICENSE.txt", "AUTHORS", "doc/a.txt", "doc/b.rst"):
            self.write(name, "new\n")
        self.assertEqual({one["known_by"] for one in self.told()["changes"]}, {"documentation"})
        self.assert_affected()
        self.append("data/told.txt")
        self.assert_affected("told")
        self.write("holdfast.toml", '[[affected]]\ndocumentation = ["data/", "*.toml"]\n')
        self.assertEqual(self.ask(), ALL)
        known = {one["file"]: one["known_by"] for one in self.told()["changes"]}
        self.assertEqual((known["README.md"], known["holdfast.toml"]), ("nobody", "documentation"))
        # One table that has it is enough, whichever it is.
        self.write("holdfast.toml", '[[affected]]\ndocumentation = []\n[[affected]]\nignore = "*.toml"\n')
        known = {one["file"]: one["known_by"] for one in self.told()["changes"]}
        self.assertEqual(known["README.md"], "nobody")

    def test_rules_name_tests_and_files_that_no_test_needs(self):
        self.built()
        self.write("holdfast.toml", """
[[affected]]
files = ["data/**", "plug.cpp"]
tests = ["^sc", "tw"]
[[affected]]
ignore = ["*.md", "odd names/", "two.cpp"]
""")
        self.commit()
        self.append("README.md")
        self.assert_affected()
        self.append("data/free.txt")
        self.assert_affected("two", "script")
        self.append("plug.cpp")
        self.assert_affected("two", "script")
        self.git("checkout", "-q", "data", "plug.cpp")
        # What Ninja or a test knows is not ignored.
        self.append("two.cpp")
        self.append("odd names/s;x.sh")
        self.assert_affected("two", "script")

    def test_what_is_wrong_in_holdfast_toml_is_said(self):
        self.built()
        self.write("holdfast.toml", "[[affected]]\nfiles = 'x'\n")
        self.assertEqual(self.refused(), f"{self.source}/holdfast.toml:1: [[affected]]: found `files` without "
                         "`tests`, expected `files` with `tests`, `ignore` or `documentation`")


class Answers(AffectedCase):
    """Formats, reasons and refusals."""

    def test_reasons(self):
        self.built()
        self.write("holdfast.toml", "[[affected]]\nfiles = 'one.h'\ntests = 'told'\n")
        self.commit()
        self.append("core/core.h")
        self.append("one.h")
        self.append("odd names/s;x.sh")
        self.append("data/needed.txt")
        self.append("tool.cpp")
        self.assertEqual(self.ask("--explain"), [
            "one", "  core/core.h, through one", "  one.h, through one",
            "two", "  core/core.h, through two",
            "script", "  odd names/s;x.sh, which its command names",
            "needs", "  data/needed.txt, which its REQUIRED_FILES names",
            "told", "  one.h, by holdfast.toml:1, [[affected]]",
            "variable", "  tool.cpp, through tool"])
        self.append("data/free.txt")
        self.append("CMakeLists.txt")
        self.assertIn("  data/free.txt, which nobody knows", self.ask("--explain"))
        self.assertIn("  CMakeLists.txt, which CMake reads when it configures the build tree", self.ask("--explain"))

    def test_json(self):
        self.built()
        self.append("core/core.h")
        self.append("data/told.txt")
        whole = self.told()
        self.assertEqual(whole, {
            "version": 1, "since": "HEAD", "commit": self.git("rev-parse", "HEAD").strip(), "all": False,
            "changes": [{"file": "core/core.h", "known_by": "build"}, {"file": "data/told.txt", "known_by": "test"}],
            "notes": [], "targets": ["one", "two"],
            "tests": [
                {"test": "one", "index": 1, "because": [{"why": "rebuilt", "file": "core/core.h", "through": "one"}]},
                {"test": "two", "index": 2, "because": [{"why": "rebuilt", "file": "core/core.h", "through": "two"}]},
                {"test": "told", "index": 6,
                 "because": [{"why": "named", "file": "data/told.txt", "through": "command"}]}]})
        self.append("data/free.txt")
        whole = self.told()
        self.assertTrue(whole["all"])
        self.assertEqual(len(whole["tests"]), len(ALL))
        self.assertEqual(len(whole["notes"]), 1)

    def test_targets_are_what_has_to_be_built(self):
        self.share(PROJECT, "configured")
        self.append("tool.cpp")
        targets = self.ask("--format", "targets")
        self.assertEqual(targets, ["made", "tool"])
        self.build()
        self.assertEqual(self.ask("--format", "targets"), ["tool"])
        self.append("parts/b.txt")
        self.append("core/deep.h")
        targets = self.ask("--format", "targets")
        self.assertEqual(targets, ["made", "one", "tool", "two"])  # not "bin/made"
        self.assertIn("Generating made.cpp", self.build("--target", *targets))

    def test_an_expression_for_ctest(self):
        self.built()
        expression, = self.ask("--format", "ctest")
        self.assertEqual(expression, "^$")
        self.append("core/core.h")
        expression, = self.ask("--format", "ctest")
        ran = self.ctest(self.tree, "-N", "-R", expression)
        self.assertEqual(re.findall(r"Test +#\d+: (\S+)", ran.text), ["one", "two"])

    def test_more_tests_than_an_expression_takes(self):
        self.built({"CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ NONE)
enable_testing()
foreach(i RANGE 9000)
  add_test(NAME many${i} COMMAND sh ${PROJECT_SOURCE_DIR}/two.sh)
endforeach()
add_test(NAME other COMMAND true)
""", "two.sh": "true\n"})
        self.append("two.sh")
        self.assertIn("--format ctest: ctest takes no expression for 9001 tests: expected --format names",
                      self.refused("--format", "ctest"))
        self.write("unknown.txt", "x")
        self.assertEqual(self.ask("--format", "ctest"), ["."])

    def test_refusals(self):
        self.built()
        said = self.refused(since="nosuch")
        self.assertRegex(said, r'^"nosuch": expected a commit \(git: .+\)$')
        for since in ("HEAD..HEAD", "-x", "--output=/x", "HEAD:one.cpp"):
            self.assertIn("expected a commit (git: ", self.refused(since=since))
        self.assertIn("expected a commit", self.refused(since=""))
        self.assertRegex(self.refused(since=":/nosuch"), r'^":/nosuch": expected a commit \(git: .+\)$')
        self.assertIn('--format "xml": expected names, targets, ctest or json', self.refused("--format", "xml"))
        for form in ("ctest", "targets"):
            self.assertIn("expected --format names or json", self.refused("--explain", "--format", form))
        self.assertIn("--since is required", self.finish(HOLDFAST, "affected", cwd=self.tree).stderr.decode())
        self.assertIn("no build tree here or above", self.refused(cwd="/"))
        shutil.rmtree(self.source / ".git")
        self.write(".git", "no repository\n")
        self.assertRegex(self.refused(), r": expected a work tree of git \(git: .*\.git\)$")

    def test_sources_that_a_repository_around_them_ignores(self):
        around, self.source = self.source, self.source / "out/project"
        self.repository()
        shutil.rmtree(self.source / ".git")
        self.git("init", "-q", cwd=around)
        self.write(".gitignore", "/out/\n", around)
        self.commit(around)
        self.configure()
        self.build()
        self.append("one.cpp")
        self.assertEqual(self.refused(), f"{self.source}: expected a work tree of git (git: {around} ignores it)")
        self.git("add", "-f", ".")
        self.git("commit", "-q", "-m", "x")
        self.append("one.cpp")
        self.assert_affected("one")

    def test_a_tree_of_another_generator(self):
        self.repository()
        self.configure(generator="Unix Makefiles")
        self.assertEqual(self.refused(), f"{self.tree}: expected a build tree of CMake's generator Ninja, "
                         'found "Unix Makefiles"')

    def test_a_name_of_two_lines_is_told_only_where_it_can_be(self):
        text = PROJECT["CMakeLists.txt"] + 'add_test(NAME "two\nlines" COMMAND one)\n'
        self.built({**PROJECT, "CMakeLists.txt": text})
        self.append("one.cpp")
        self.assertIn('the name "two\\nlines" is more than a line', self.refused())
        self.assertEqual(set(t["test"] for t in self.told()["tests"]), {"one", "two\nlines"})
        self.assertIn("two\\nlines", self.ask("--explain"))

    def test_in_a_hook_of_git(self):
        self.built()
        self.append("one.cpp")
        other = self.work / "other"
        self.repository({"x": "x\n"}, other)
        done = self.finish(HOLDFAST, "affected", "--since", "HEAD", cwd=self.tree,
                           env=self.environment(GIT_DIR=str(other / ".git"), GIT_INDEX_FILE="/nowhere"))
        self.assertEqual((done.returncode, done.stdout), (0, b"one\n"), done.stderr)

    def test_from_any_directory(self):
        self.built()
        self.append("one.cpp")
        self.assertEqual(self.ask("--tree", self.tree, cwd=self.work), ["one"])
        self.assertEqual(self.ask(cwd=self.tree / "bin"), ["one"])


if __name__ == "__main__":
    unittest.main()
