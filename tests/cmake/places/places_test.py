"""Every test is covered, wherever ctest starts, and wherever the tree has been moved."""

import json
import os
import re
import shutil
import unittest

from holdfast_case import CMAKE, CTEST, CTestRun, HoldfastCase

PROBE = 'sh -c "echo via=$HOLDFAST_TEST_NAME"'
TREE = {
    "one/CMakeLists.txt": f"add_test(NAME in_one COMMAND {PROBE})\nadd_subdirectory(two)\n",
    "one/two/CMakeLists.txt": f"add_test(NAME in_two COMMAND {PROBE})\n",
    "apart/CMakeLists.txt": f"add_test(NAME in_apart COMMAND {PROBE})\n",
}
TOP = f"""
add_test(NAME in_top COMMAND {PROBE})
add_subdirectory(one)
add_subdirectory(apart "${{CMAKE_BINARY_DIR}}/../elsewhere")
"""


class Places(HoldfastCase):
    def test_every_directory_is_covered_from_the_top_and_from_within(self):
        source = self.project(TOP, files=TREE)
        build = self.configure(source, "build")
        self.assert_all_wrapped(self.ctest(build, "-V"), 4)
        self.assert_all_wrapped(self.ctest(build / "one", "-V"), 2)
        self.assert_all_wrapped(self.ctest(build / "one/two", "-V"), 1)
        self.assert_all_wrapped(self.ctest(self.work / "elsewhere", "-V"), 1)
        self.assert_all_wrapped(self.ctest(self.work, "-V", "--test-dir", "build/one"), 2)
        self.assert_all_wrapped(self.ctest(self.work, "-V", "--test-dir", build), 4)

    def test_a_tree_behind_a_symlink_is_the_tree_itself(self):
        source = self.project(TOP, files=TREE)
        build = self.configure(source, "build")
        link = self.work / "link"
        link.symlink_to(build)
        for directory in (link, link / "one"):
            run = self.ctest(directory, "-V")
            self.assertTrue(all(run.wrapped().values()))
        run = self.ctest(link, "-V")
        if "Run command" in run.text: # only if there is a bin/holdfast
            self.assertIn(f'--tree "{os.path.realpath(build)}"', run.text)

    def test_a_moved_tree_works_as_before(self):
        source = self.project(TOP, files=TREE)
        build = self.configure(source, "build")
        moved = self.work / "a b" / "moved"
        moved.parent.mkdir()
        shutil.move(build, moved)
        shutil.rmtree(self.work / "elsewhere") # its path is absolute in ctest's own file
        run = self.ctest(moved, "-V", "-E", "apart")
        self.assert_all_wrapped(run, 3)
        self.assert_all_wrapped(self.ctest(moved / "one", "-V"), 2)
        self.assertEqual(self.ctest(moved, disable=True).verdicts(),
                         self.ctest(moved).verdicts())

    def test_a_tree_with_odd_characters_in_its_path(self):
        source = self.project(f"add_test(NAME probe COMMAND {PROBE})\n")
        for name in ("blank in it", "it's", "p(a)r+n", "ä", 'it\'s "both"'):
            run = self.ctest(self.configure(source, name), "-V")
            self.assertEqual(run.code, 0, run.text)
            self.assert_all_wrapped(run, 1)
            self.assertIn("1 passed", run.text)

    def test_a_source_directory_with_quotes_in_its_path(self):
        """ctest reads these paths unescaped (_BACKTRACE_TRIPLES), so one argument may become
        several."""
        plain = self.project(f"add_test(NAME probe COMMAND {PROBE})\nadd_test(NAME other COMMAND {PROBE})\n")
        source = self.work / 'a "b'
        shutil.copytree(plain, source)
        build = self.configure(source, "build")
        for options, count in ((), 2), (("-R", "^probe$"), 1):
            run = self.ctest(build, "-V", *options)
            self.assertEqual(run.code, 0, run.text)
            self.assert_all_wrapped(run, count)
            self.assertNotIn("CMake Error", run.text)

    def test_with_a_quote_in_the_path_properties_hold_and_names_may_have_brackets(self):
        """ctest reads such a path as several words. Here they are an odd number, so the last is a
        name without a value, which ctest ignores."""
        names = ("plain", "a ]", "[a b", "x]y")
        project = self.project("".join(
            f'add_test(NAME "{name}" COMMAND sh -c "exit 3")\n'
            f'set_tests_properties("{name}" PROPERTIES WILL_FAIL ON HOLDFAST_LOCKS l@build)\n' for name in names))
        source = self.work / 'so"u rce'
        shutil.copytree(project, source)
        plain = self.ctest(self.configure(source, "plain", attached=False))
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assertEqual((plain.code, len(plain.verdicts())), (0, len(names)), plain.text)
        self.assertEqual((run.code, run.verdicts()), (0, plain.verdicts()), run.text)
        self.assert_all_wrapped(run, len(names))
        for number in range(1, len(names) + 1):
            self.assertIn("HOLDFAST_P_LOCKS=set:l@build", run.modifications()[number])

    def test_a_source_directory_with_a_semicolon_in_its_path(self):
        """A path is no list. CMake configures it, joins such paths by semicolons, and runs all
        tests."""
        project = self.project(TOP + """
            set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_STEPS ON)
            if(NOT CMAKE_BINARY_DIR MATCHES ";") # CMake makes no target there
              add_custom_target(step ALL COMMAND ${CMAKE_COMMAND} -E echo the step VERBATIM)
            endif()
            """,
                               files={**TREE, "holdfast.toml": "[build-steps]\ntransient = ['No space']\n"})
        source = self.work / "a;b" / "c;"
        source.parent.mkdir()
        project.rename(source)
        for generator in "Ninja", "Unix Makefiles":
            names = "".join(word[0] for word in generator.split())
            plain = self.configure(source, f"plain{names}", "-G", generator, attached=False)
            self.assertEqual(self.ctest(plain).code, 0)
            for name in (f"build{names}", f"x;y{names}"):
                build = self.configure(source, name, "-G", generator)
                self.assertNotIn("CMake Error", self.configure_output)
                run = self.ctest(build, "-V")
                self.assertEqual(run.code, 0, run.text)
                self.assert_all_wrapped(run, 4)
                self.assertIn("4 passed", run.text)
                self.assert_all_wrapped(self.ctest(build / "one", "-V"), 2)
                built = self.command(CMAKE, "--build", build)
                self.assertEqual("the step" in built.stdout, ";" not in name)
                self.assertNotIn("Re-running CMake", built.stdout)

    def test_directories_that_end_in_a_semicolon(self):
        """Even beside a directory whose name is the rest of theirs, whether that one is added or
        not."""
        names = ("a", "a;", "a;/c")
        choices = [names[1:2], names[:2], names[2:], (names[0], names[2]), names]
        text = "".join(f'if({i} IN_LIST CHOICE)\n  add_subdirectory("{name}")\nendif()\n' for i, name in enumerate(names))
        source = self.project(text, files={
            f"{name}/CMakeLists.txt": f"add_test(NAME probe{i} COMMAND {PROBE})\n" for i, name in enumerate(names)})
        for number, added in enumerate(choices):
            with self.subTest(added=added):
                choice = ";".join(str(names.index(name)) for name in added)
                build = self.configure(source, f"build{number}", f"-DCHOICE={choice}")
                self.assert_all_wrapped(self.ctest(build, "-V"), len(added))
                for name in added:
                    self.assert_all_wrapped(self.ctest(build / name, "-V"), 1)

    def test_a_source_directory_with_one_bracket_in_its_path(self):
        """CMake does not split a list between such brackets. Each directory still gets its own
        settings."""
        own = """
            set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_TIMEOUT {}m)
            add_custom_target(step_{} ALL COMMAND ${{CMAKE_COMMAND}} -E echo a step VERBATIM)
            """
        project = self.project(TOP + "add_subdirectory(d]ir)\nadd_subdirectory(d[ir)\n" + own.format(40, 40), files={
            **{name: text + own.format(41 + i, 41 + i) for i, (name, text) in enumerate(TREE.items())},
            "d]ir/CMakeLists.txt": own.format(44, 44), "d[ir/CMakeLists.txt": own.format(45, 45)})
        for number, top in enumerate(("br[x", "br]x", "b]r[x", "a;[b", "a];b")):
            source = self.work / top
            shutil.copytree(project, source)
            for generator, rules in ("Ninja", "build.ninja"), ("Unix Makefiles", "build.make"):
                build = self.configure(source, f"build{number}{rules}", "-G", generator)
                self.assertNotIn("CMake Error", self.configure_output)
                trees = (build, self.work / "elsewhere")
                text = "".join(path.read_text() for tree in trees for path in tree.rglob(rules))
                self.assertEqual(set(re.findall("--output=[^ ]*step_(4.) --timeout=(4.)m -- ", text)),
                                 {(str(i), str(i)) for i in range(40, 46)}, (top, generator))
                self.assert_all_wrapped(self.ctest(build, "-V"), 4)
                self.assert_all_wrapped(self.ctest(build / "one", "-V"), 2)
                shutil.rmtree(self.work / "elsewhere")

    def test_a_prefix_with_odd_characters_in_its_path(self):
        source = self.project(f"add_test(NAME probe COMMAND {PROBE})\n")
        for i, name in enumerate(("blank in it", "it's", 'it\'s "both"')):
            run = self.ctest(self.configure(source, f"build{i}", prefix=self.prefix_copy(name)), "-V")
            self.assertEqual(run.code, 0, run.text)
            self.assert_all_wrapped(run, 1)
            self.assertIn("1 passed", run.text)

    def test_multi_configuration_trees(self):
        source = self.project("""
            add_executable(prog prog.c)
            add_test(NAME prog COMMAND prog)
            add_test(NAME config COMMAND sh -c "echo config=$<CONFIG> via=$HOLDFAST_TEST_NAME")
            add_test(NAME only_release COMMAND true CONFIGURATIONS Release)
            """, languages="C", files={"prog.c": "int main(void){return 0;}\n"})
        attached = self.configure(source, "attached", "-G", "Ninja Multi-Config")
        plain = self.configure(source, "plain", "-G", "Ninja Multi-Config", attached=False)
        for build in (attached, plain):
            self.command("cmake", "--build", build, "--config", "Release")
        # Debug is not built, Other does not exist, and without -C ctest finds no program.
        for arguments in (["-C", "Release"], ["-C", "Debug"], ["-C", "Other"], []):
            run = self.ctest(attached, *arguments)
            expected = self.ctest(plain, *arguments)
            self.assertEqual(run.verdicts(), expected.verdicts(), arguments)
            self.assertEqual(run.code, expected.code)
        run = self.ctest(attached, "-C", "Release", "-V")
        self.assert_all_wrapped(run, 3)
        self.assertEqual(run.output(2), ["config=Release via=config"])

    def test_presets(self):
        source = self.project(TOP, files=TREE)
        self.configure(source, "build")
        (source / "CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Unix Makefiles",
                                  "binaryDir": "${sourceDir}/../build"}],
            "testPresets": [{"name": "t", "configurePreset": "c",
                             "output": {"verbosity": "verbose"}}]}))
        self.assert_all_wrapped(self.ctest(source, "--preset", "t"), 4)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to take /proc away")
    def test_without_proc_it_says_so_and_stays_out(self):
        source = self.project("add_test(NAME a COMMAND true)\nadd_test(NAME b COMMAND false)\n")
        build = self.configure(source, "build")
        words = ["unshare", "-m", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"]
        if self.command(*words, "true", check=False).returncode:
            self.skipTest("no mount namespace to be had")
        run = CTestRun(self.command(*words, CTEST, "-V", cwd=build, check=False))
        self.assertEqual(run.verdicts(), {1: ("a", "Passed"), 2: ("b", "***Failed", "Failed")})
        self.assert_none_wrapped(run, 2)
        self.assertEqual([line for line in run.words().splitlines() if "holdfast" in line.lower()],
                         ["holdfast: /proc is not there: tests run without Holdfast"])

    def test_duplicate_names(self):
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)
            """, files={"t.cmake": """
            add_test(twin sh -c "echo first; exit 0")
            add_test(twin sh -c "echo second; exit 1")
            set_tests_properties(twin PROPERTIES HOLDFAST_LOCKS db)
            add_test(twin sh -c "echo third; exit 0")
            """})
        attached = self.assert_same_verdicts(source, count=3)
        run = self.ctest(attached, "-V")
        self.assert_all_wrapped(run, 3)
        self.assertEqual([run.output(n) for n in (1, 2, 3)], [["first"], ["second"], ["third"]])
        self.assertEqual(set(run.modifications()), {1, 2})


if __name__ == "__main__":
    unittest.main()
