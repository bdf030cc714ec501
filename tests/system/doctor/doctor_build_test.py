"""`holdfast doctor` of a tree that is built: a healthy one has no finding, and each prepared wrong
is found."""

import os
import re
import time

import own_locks
from doctor_case import BUILD_BOUND_S, OF_THE_MACHINE, DoctorCase, free_port, on_silent_disk
from support import CMAKE, HOLDFAST, STAGE


class BuildTest(DoctorCase):
    """A tree with a bit of everything."""

    def built(self, text="", generator="Ninja", configure=(), tree=None):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        (source / "l.c").write_text("int f(void) { return 0; }\n")
        (source / "l.h").write_text("int f(void);\n")
        (source / "a.c").write_text('#include "l.h"\nint main(void) { return f(); }\n')
        (source / "b.c").write_text("int main(void) { return 0; }\n")
        (source / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.25)
project({self.project_name} C)
enable_testing()
find_package(Holdfast REQUIRED)
add_library(l STATIC l.c)
add_executable(a a.c)
target_link_libraries(a l)
add_executable(bb b.c)
set_target_properties(bb PROPERTIES OUTPUT_NAME "b b")
add_test(NAME a COMMAND a)
add_test(NAME "b b" COMMAND bb)
add_test(NAME by-argument COMMAND sh -c [[exec "$0"]] $<TARGET_FILE:a>)
set_tests_properties(a PROPERTIES HOLDFAST_LOCKS {self.project_name}-lock LABELS slow)
{text}""")
        tree = tree or self.work / "build tree"
        made = self.finish(CMAKE, "-G", generator, "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                           *configure, bound=BUILD_BOUND_S)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.build(tree)
        return tree

    def build(self, tree, *options):
        made = self.finish(CMAKE, "--build", tree, *options, bound=BUILD_BOUND_S)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def write_settings(self):
        self.toml(f"""
[[override]]
test = "^a$"
timeout = "1m"
[[override]]
label = "slow"
nice = 1
[[known-flaky]]
tests = "^b b$"
signature = "x"
issue = "P-1"
expires = 2999-01-01
[service.db]
command = ["sh", "-c", "exit 0"]
ready-tcp = "127.0.0.1:{free_port()}"
[preflight]
ports = [{free_port()}]
commands = ["sh"]
disk = {{ "." = "1MiB", "/tmp" = "1MiB" }}
""")

    def state_of(self, tree):
        """Every file below the tree, but for those that ctest writes when it lists tests."""
        files = {}
        for file in sorted(tree.rglob("*")):
            if "Testing" not in file.parts:
                info = file.lstat()
                files[str(file)] = (info.st_mtime_ns, info.st_size, info.st_mode)
        return files

    def test_a_healthy_tree_has_no_finding_and_stays_as_it_is(self):
        self.write_settings()
        tree = self.built()
        before = self.state_of(tree)
        found = self.look(tree, code=0)
        self.assertEqual(set(found) - OF_THE_MACHINE, set(), self.said["findings"])
        self.assertEqual(self.said["not_looked_at"], [])
        self.assertEqual(self.said["tree"], str(tree))
        self.assertEqual(self.state_of(tree), before)
        # Neither does a run make it ill.
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        found = self.look(tree, code=0)
        self.assertEqual(set(found) - OF_THE_MACHINE, set(), self.said["findings"])
        text = self.finish(HOLDFAST, "doctor", "--tree", tree, bound=BUILD_BOUND_S)
        self.assertEqual(text.returncode, 0)
        self.assertRegex(text.stdout.decode(), rf"^tree: {tree}\nmachine: Holdfast [\d.]+, Linux .*\ntools: cmake \d")
        self.assertRegex(text.stdout.decode(), r"\nnothing is wrong(, apart from what is worth knowing)?\n$")

    def test_programs_that_ninja_would_make_again_are_named_and_no_others(self):
        tree = self.built()
        later = time.time()
        os.utime(self.work / "project/l.h", (later, later))
        found = self.look(tree, code=1, env=self.environment(NINJA_STATUS="[%p] "))  # a user's own
        self.assert_only(found, "program_old", r'^"a", "by-argument": the program is older than its sources: .*/a$',
                         command=r"^cmake --build '.*/build tree' --target a$")
        self.assertEqual(len([one for one in self.said["findings"] if one["finding"] == "program_old"]), 1)
        self.build(tree)
        self.assertEqual(set(self.look(tree)) - OF_THE_MACHINE, set())

    def test_a_step_that_runs_each_time_makes_no_program_old(self):
        tree = self.built("""
file(GLOB globbed CONFIGURE_DEPENDS "*.c")
add_custom_target(stamp ALL COMMAND ${CMAKE_COMMAND} -E touch_nocreate v.h BYPRODUCTS v.h)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/v.h "")
add_executable(v b.c)
target_compile_options(v PRIVATE -include ${CMAKE_CURRENT_BINARY_DIR}/v.h)
add_dependencies(v stamp)
add_test(NAME v COMMAND v)
""")
        self.build(tree)
        said = self.finish("ninja", "-n", cwd=tree).stdout.decode()
        self.assertIn("Re-checking globbed directories", said)
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])
        later = time.time()
        os.utime(self.work / "project/l.c", (later, later))
        self.assert_only(self.look(tree), "program_old", r'^"a", "by-argument": ')
        self.build(tree)
        # For what reads the header, Ninja names no other reason.
        later = time.time()
        os.utime(self.work / "project/b.c", (later, later))
        self.look(tree)
        self.assertEqual([one["what"].split(":")[0] for one in self.said["findings"] if one["finding"] == "program_old"],
                         ['"b b"', '"v"'])

    def test_a_tree_that_was_configured_through_a_link(self):
        (self.work / "real").mkdir()
        (self.work / "link").symlink_to(self.work / "real")
        tree = self.built(tree=self.work / "link/build tree")
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])
        later = time.time()
        os.utime(self.work / "project/b.c", (later, later))
        self.assert_only(self.look(tree), "program_old", '^"b b": ')

    def test_a_list_file_that_is_newer_than_the_build_system(self):
        tree = self.built()
        later = time.time()
        os.utime(self.work / "project/CMakeLists.txt", (later, later))
        self.assert_only(self.look(tree), "configure_again", "^the tree has to be configured again: .*CMakeLists.txt",
                         command="^cmake --build ")

    def test_a_file_with_a_time_that_has_not_come_yet(self):
        tree = self.built()
        later = time.time() + 7200
        os.utime(self.work / "project/l.h", (later, later))
        others = self.assert_found(self.look(tree), "file_from_future",
                                   r"/l\.h was last written 1 h 59 min later than now$", command="^touch ")
        self.assertEqual(others, {"program_old"})

    def test_programs_that_were_never_built(self):
        tree = self.built()
        (tree / "a").unlink()
        (tree / "b b").unlink()
        found = self.look(tree)
        self.assert_only(found, "program_missing", r'^"a": the program does not exist: .*/build tree/a$',
                         command=r"^cmake --build '.*/build tree' --target a$")
        self.assertEqual([one["what"].split(":")[0] for one in self.said["findings"]
                          if one["finding"] == "program_missing"], ['"a"', '"b b"'])

    def test_a_tree_of_several_configurations_wants_one(self):
        tree = self.built(generator="Ninja Multi-Config")
        found = self.look(tree, code=0)
        self.assertEqual(set(found) - OF_THE_MACHINE, set())
        self.assertRegex(self.said["not_looked_at"][0], "^the tests: .* expected --config Debug, RelWithDebInfo or ")
        self.assertEqual(set(self.look(tree, "-C", "Debug", code=0)) - OF_THE_MACHINE, set(), self.said)
        later = time.time()
        os.utime(self.work / "project/b.c", (later, later))
        self.assert_only(self.look(tree, "-C", "Debug"), "program_old", '^"b b": ',
                         command=r"^cmake --build '.*/build tree' --config Debug --target '.*b b'$")
        self.assert_only(self.look(tree, "-C", "debug"), "program_old", '^"b b": ')
        self.assert_found(self.look(tree, "-C", "Release"), "program_missing", '^"a": ')
        done = self.finish(HOLDFAST, "doctor", "--tree", tree, "-C", "Foo")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertEqual(done.stderr.decode(), f'holdfast: {tree} has no configuration "Foo": '
                                               "expected Debug, RelWithDebInfo or Release\n")

    def test_configurations_that_only_the_cache_has_do_not_count(self):
        tree = self.built(configure=("-DCMAKE_CONFIGURATION_TYPES=Debug;Release",))
        self.look(tree, "-C", "Foo")  # ctest takes any, too
        (tree / "a").unlink()
        self.assert_only(self.look(tree), "program_missing", '^"a": ')

    def test_without_ninja_it_says_what_it_cannot_know(self):
        tree = self.built(generator="Unix Makefiles")
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set())
        self.assertEqual(self.said["not_looked_at"],
                         ["whether programs are older than their sources: the tree is built by Unix Makefiles, "
                          "and only Ninja says it"])

    def test_a_build_that_ninja_does_not_understand(self):
        tree = self.built()
        with (tree / "build.ninja").open("a", encoding="utf-8") as file:
            file.write("nonsense\n")
        self.assert_only(self.look(tree), "build_unknown",
                         "^whether programs are older than their sources is not known: .*exit code 1: ninja: error: ",
                         command=r"ninja -C '.*/build tree' -n$")

    def test_a_compiler_that_another_program_starts_has_its_own_version(self):
        starter = self.program_in(self.work, '#!/bin/sh\n[ "$1" = --version ] && echo fake 1.2.3 || exec "$@"\n', "starter")
        tree = self.built(configure=(f"-DCMAKE_C_COMPILER={starter};cc",))
        found, = tree.glob("CMakeFiles/*/CMakeCCompiler.cmake")
        self.assertRegex(found.read_text(), r'set\(CMAKE_C_COMPILER_ARG1 " ?cc"\)')
        self.assertNotIn("compiler_changed", self.look(tree, code=0), self.said["findings"])

    def test_tools_of_the_tree_that_are_gone_hang_or_have_changed(self):
        tree = self.built()
        # The cache need not have the compiler: a toolchain file may say it.
        found, = tree.glob("CMakeFiles/*/CMakeCCompiler.cmake")
        text = found.read_text()
        wrapper = self.program_in(self.work, "#!/bin/sh\necho 'fakecc (X 1.2.3) 1.2.3'\n", "fakecc")
        compiler = next(line for line in text.splitlines() if line.startswith("set(CMAKE_C_COMPILER "))
        before = found.stat()

        def with_compiler(path):
            found.write_text(text.replace(compiler, f'set(CMAKE_C_COMPILER "{path}")'))
            os.utime(found, ns=(before.st_atime_ns, before.st_mtime_ns))
        with_compiler("/nowhere/cc")
        self.assert_only(self.look(tree), "tool_missing", "^/nowhere/cc does not exist, .* \\(CMAKE_C_COMPILER\\)$")
        with_compiler(wrapper)
        self.assert_found(self.look(tree, code=0), "compiler_changed", "fakecc has version 1.2.3, and the tree was ",
                          severity="worth_knowing")
        self.program_in(self.work, "#!/bin/sh\nexec sleep 1000\n", "fakecc")
        self.assert_only(self.look(tree, "--patience", "10s"), "tool_hangs",
                         "^.*/fakecc --version gave no answer within 10.0 s$")
        self.program_in(self.work, "#!/bin/sh\necho broken >&2\nexit 3\n", "fakecc")
        self.assert_only(self.look(tree), "tool_fails", "--version` ended with exit code 3: broken$")
        # Nobody says twice that Ninja is gone.
        with_compiler(self.program_in(self.work, "#!/bin/sh\necho no version\n", "fakecc"))
        cache = tree / "CMakeCache.txt"
        lines = cache.read_text()
        cache.write_text(re.sub(r"(?m)^CMAKE_MAKE_PROGRAM:.*$", "CMAKE_MAKE_PROGRAM:FILEPATH=/nowhere/ninja", lines))
        self.assert_only(self.look(tree), "tool_missing", "^/nowhere/ninja does not exist, .* \\(CMAKE_MAKE_PROGRAM\\)$")
        cache.write_text(lines)
        os.utime(cache, ns=(before.st_atime_ns, before.st_mtime_ns))
        # Last: where nothing can be mounted, the test is skipped from here on.
        silent = self.work / "silent"
        with_compiler(silent / "cc")
        words = on_silent_disk(self, silent)
        self.assert_only(self.look(tree, "--patience", "10s", before=words), "tool_hangs",
                         "^.*/silent/cc --version gave no answer within 10.0 s$")


if __name__ == "__main__":
    own_locks.main()
