"""A listing shows the real commands, and nothing of Holdfast."""

import json
import os
import unittest
from pathlib import Path

from holdfast_case import PACKAGE, STAGE, HoldfastCase, ctest_version

PROJECT = """
add_test(NAME a COMMAND true x)
add_test(NAME b COMMAND false)
set_tests_properties(b PROPERTIES LABELS l HOLDFAST_LOCKS db RESOURCE_LOCK r DEPENDS a)
add_subdirectory(sub)
"""
FILES = {"sub/CMakeLists.txt": "add_test(NAME [odd] COMMAND echo [x] \"\")\n"}

def configure_preset(name):
    return {"name": name, "generator": "Unix Makefiles", "binaryDir": "${sourceDir}/../build"}


PRESETS = {
    "version": 4,
    "include": ["more.json"],
    "configurePresets": [configure_preset("c")],
    "testPresets": [
        {"name": "run", "configurePreset": "c"},
        {"name": "list", "configurePreset": "c", "execution": {"showOnly": "json-v1"}},
        {"name": "inherits", "inherits": ["run", "list"]},
        {"name": "inherits further", "inherits": "inherits"},
        {"name": "inherits an included one", "inherits": "included"},
    ],
}
INCLUDED = {
    "version": 4,
    "configurePresets": [configure_preset("d")],
    "testPresets": [
        {"name": "included", "configurePreset": "d", "execution": {"showOnly": "json-v1"}}],
}


class Listings(HoldfastCase):
    def tree(self, build):
        """Every file below the tree with its content, except ctest's own log."""
        found = {}
        for directory, _, files in os.walk(build):
            for name in files:
                if name not in ("LastTest.log", "CTestCostData.txt"):
                    path = os.path.join(directory, name)
                    with open(path, "rb") as file:
                        found[path] = file.read()
        return found

    def processes_of(self, build):
        """The command lines of processes that name the tree's path."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes()
            except OSError: # it has ended meanwhile
                continue
            if os.fsencode(build) in command:
                found.append(command)
        return found

    def test_every_kind_of_listing_is_as_without_holdfast(self):
        source = self.project(PROJECT, files=FILES)
        build = self.configure(source, "build")
        self.ctest(build, "-N") # ctest makes its own directories
        before = self.tree(build)
        for arguments in (["-N"], ["--show-only"], ["--show-only=human"], ["-N", "-V"],
                          ["--show-only=json-v1"], ["--print-labels"], ["-R", "a", "-N"],
                          ["-j8", "-N", "-C", "Debug"], ["--test-dir", build, "-N"]):
            run = self.ctest(build, *arguments)
            plain = self.ctest(build, *arguments, disable=True)
            self.assertEqual(run.stdout, plain.stdout, arguments)
            self.assertEqual(run.stderr, plain.stderr, arguments)
            self.assertEqual(run.code, plain.code, arguments)
            self.assertNotIn("Run command", run.text)
            self.assertEqual(self.processes_of(build), [])
        self.assertEqual(self.tree(build), before)

    def test_json_is_byte_for_byte_that_of_a_tree_never_attached(self):
        source = self.project(PROJECT, files=FILES)
        build = self.configure(source, "build", attached=False)
        plain = self.ctest(build, "--show-only=json-v1")
        self.configure(source, "build")
        run = self.ctest(build, "--show-only=json-v1")
        self.assertEqual(len(json.loads(run.stdout)["tests"]), 3)
        self.assertEqual(run.stdout, plain.stdout)

    def test_a_value_that_looks_like_a_listing_option_is_a_value(self):
        source = self.project("add_test(NAME a-N COMMAND true)\n")
        build = self.configure(source, "build")
        # From 4.0 on ctest takes such a value only in the same word.
        words = ["-R=-N"] if ctest_version() >= (4, 0) else ["-R", "-N"]
        self.assert_all_wrapped(self.ctest(build, "-V", *words), 1)

    def test_a_preset_may_list(self):
        source = self.project(PROJECT, files=FILES)
        build = self.configure(source, "build")
        (source / "CMakePresets.json").write_text(json.dumps(PRESETS))
        (source / "more.json").write_text(json.dumps(INCLUDED))
        elsewhere = self.work / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "CMakePresets.json").write_text(json.dumps(
            {"version": 4, "configurePresets": [configure_preset("c")],
             "testPresets": [{"name": "list", "configurePreset": "c"}]}))
        for name in ("list", "inherits", "inherits further", "inherits an included one"):
            for spelling in (["--preset", name], [f"--preset={name}"]):
                # PWD may be missing or wrong. The tree knows its source directory too.
                for pwd in (str(source), "/nonexistent", str(elsewhere), None):
                    environment = self.environment(PWD=pwd)
                    if pwd is None:
                        environment.pop("PWD", None)
                    run = self.ctest(build, *spelling, cwd=source, env=environment)
                    plain = self.ctest(build, *spelling, cwd=source, disable=True)
                    self.assertEqual(run.stdout, plain.stdout, spelling)
                    self.assertEqual(len(json.loads(run.stdout)["tests"]), 3)
        run = self.ctest(build, "--preset", "run", "-V", cwd=source)
        self.assert_all_wrapped(run, 3)

    def test_presets_of_odd_paths_and_names(self):
        names = ["plain", "x;y", "x[", "x\\", *(f"k{i}" for i in range(40))]
        chain = [{"name": "k0", "configurePreset": "d", "execution": {"showOnly": "human"}},
                 *({"name": f"k{i}", "inherits": f"k{i - 1}"} for i in range(1, 40)),
                 {"name": "x[", "inherits": ["k3"]}, {"name": "x\\", "inherits": ["x["]},
                 {"name": "x;y", "inherits": ["x\\", "k0"]}, {"name": "plain", "inherits": "x;y"}]
        for number, odd in enumerate(("se;mi", "op[en", "clo]se")):
            with self.subTest(odd):
                source = self.project(PROJECT, name=f"{odd}/source", files=FILES)
                (source / "CMakeLists.txt").write_text(
                    (source / "CMakeLists.txt").read_text().replace(f"project({odd}/source", f"project(odd{number}"))
                build = self.configure(source, f"{odd}/build")
                (source / "CMakePresets.json").write_text(json.dumps(
                    {"version": 4, "include": ["more.json"]}))
                (source / "more.json").write_text(json.dumps(
                    {"version": 4, "configurePresets": [configure_preset("d")], "testPresets": chain}))
                (source / "CMakeUserPresets.json").write_text(json.dumps(
                    {"version": 4, "testPresets": [{"name": "run", "configurePreset": "d"}]}))
                for name in names:
                    run = self.ctest(build, "--preset", name, cwd=source)
                    self.assertEqual(run.text, self.ctest(build, "--preset", name, cwd=source, disable=True).text, name)
                run = self.ctest(build, "--preset", "run", "-V", cwd=source)
                self.assert_all_wrapped(run, 3)
                self.assertNotIn("CMake Error", run.text)

    def test_presets_of_each_version_list_and_run(self):
        """Each version of presets that this CMake knows, with what it brought: macros in include (7
        and 9), workflows (6)."""
        known_from = {6: (3, 25), 7: (3, 27), 8: (3, 28), 9: (3, 30), 10: (3, 31), 11: (4, 3)}
        for version in [version for version, cmake in known_from.items() if cmake <= ctest_version()]:
            source = self.project(PROJECT, name=f"presets{version}", files=FILES)
            build = self.configure(source, f"of{version}/build")
            configure = {**configure_preset("c"), "binaryDir": str(build)}
            include = "more.json"
            if version >= 9:
                include = "${sourceParentDir}/${sourceDirName}/$penv{OF_PRESETS}/${hostSystemName}.json"
            elif version >= 7:
                include = "$penv{OF_PRESETS}$penv{NOT_THERE}/more.json"
            (source / "of").mkdir()
            for name in ("more.json", "of/more.json", "of/Linux.json"):
                (source / name).write_text(json.dumps({
                    "version": version,
                    "testPresets": [{"name": "listing", "hidden": True, "environment": {"OF_PRESETS": "elsewhere"},
                                     "execution": {"showOnly": "json-v1"}}]}))
            (source / "CMakePresets.json").write_text(json.dumps({
                "version": version, "include": [include],
                "configurePresets": [configure],
                "testPresets": [{"name": "list", "configurePreset": "c", "inherits": "listing"},
                                {"name": "run", "configurePreset": "c", "output": {"verbosity": "verbose"}}],
                "workflowPresets": [{"name": "all", "steps": [{"type": "configure", "name": "c"},
                                                             {"type": "test", "name": "run"}]}]}))
            environment = self.environment(OF_PRESETS="of")
            run = self.ctest(build, "--preset", "list", cwd=source, env=environment)
            self.assertEqual(len(json.loads(run.stdout)["tests"]), 3, version)
            self.assertNotIn("holdfast-launcher", run.stdout, version)
            self.assert_all_wrapped(self.ctest(build, "--preset", "run", cwd=source, env=environment), 3)
            workflow = self.command("cmake", "--workflow", "--preset", "all", cwd=source, env=environment, check=False)
            self.assertIn("67% tests passed", workflow.stdout, version)
            self.assertEqual(workflow.stdout.count("Test command: "), 3, workflow.stdout)

    def test_presets_of_a_file(self):
        """CMake 4.4 has the option. The arguments of a script stand in for those of such a
        ctest."""
        source = self.work / "source"
        source.mkdir()
        for name, how in (("CMakePresets.json", {"outputOnFailure": True}), ("odd;[name", {"showOnly": "json-v1"})):
            (source / name).write_text(json.dumps({
                "version": 8, "testPresets": [{"name": "p", "configurePreset": "c", "execution": how}]}))
        elsewhere = self.work / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "odd;[name").write_bytes((source / "odd;[name").read_bytes())
        script = self.work / "lists.cmake"
        script.write_text(f'cmake_minimum_required(VERSION 3.25)\ninclude("{STAGE / PACKAGE}/listing.cmake")\n'
                          f'_holdfast_lists_only("{source}" lists)\n'
                          'message("${lists}")\n')
        for arguments, lists in ((("--preset", "p"), "FALSE"),
                                 (("--preset", "p", "--presets-file", "odd;[name"), "TRUE"),
                                 (("--preset", "p", "--presets-file", "../elsewhere/odd;[name"), "TRUE"),
                                 (("--presets-file", str(source / "odd;[name"), "--preset", "p"), "TRUE"),
                                 (("--presets-file", "-N"), "FALSE"),
                                 (("--preset", "p", "--test-command", "--presets-file", "odd;[name"), "FALSE")):
            ran = self.command("cmake", "-P", script, "--", *arguments, env=self.environment(PWD=str(elsewhere)))
            self.assertEqual(ran.stderr.strip(), lists, arguments)

    def test_a_variable_that_ctest_was_started_with(self):
        """An include of a preset may name such a variable, which may hold any bytes."""
        script = self.work / "value.cmake"
        script.write_text(f'cmake_minimum_required(VERSION 3.25)\ninclude("{STAGE / PACKAGE}/listing.cmake")\n'
                          'foreach(name IN ITEMS OF_PRESETS OF NOT_THERE)\n'
                          '  _holdfast_started_with(${name} value)\n'
                          '  file(APPEND "${CMAKE_CURRENT_LIST_DIR}/value" "${value}\\n--\\n")\n'
                          'endforeach()\n')
        odd = "x" * 60_000 + "a;b[c\\d\n=\u00e9 \udcff$x"
        self.command("cmake", "-P", script, env=self.environment(X_OF="no", OF_PRESETS=odd, OF="last\nOF_PRESETS=no"))
        self.assertEqual((self.work / "value").read_bytes(),
                         f"{odd}\n--\nlast\nOF_PRESETS=no\n--\n\n--\n".encode(errors="surrogateescape"))

    def test_disabled_is_plain_ctest(self):
        source = self.project(PROJECT, files=FILES)
        build = self.configure(source, "build")
        for value in ("1", "ON", "true", "yes"):
            run = self.ctest(build, "-V", env=self.environment(HOLDFAST_DISABLE=value))
            self.assert_none_wrapped(run, 3)
            self.assertNotIn("Run command", run.text)
        for value in ("0", "OFF", ""):
            run = self.ctest(build, "-V", env=self.environment(HOLDFAST_DISABLE=value))
            self.assert_all_wrapped(run, 3)


if __name__ == "__main__":
    unittest.main()
