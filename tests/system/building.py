"""Helpers for the drivers of build steps: a small project in C, its builds, the steps in its
journal."""

import json

from support import CMAKE, PATIENCE_S, STAGE, SystemCase

GENERATORS = ("Ninja", "Unix Makefiles")
HEAD = "cmake_minimum_required(VERSION 3.25)\nproject(steps C)\n"
FIND = "find_package(Holdfast REQUIRED)\n"
# A configure and a build start dozens of processes, and each may have to wait for a processor.
BUILD_BOUND_S = 300


class BuildCase(SystemCase):
    def configure(self, text, *options, generator="Ninja", name="source", build="build"):
        source = self.work / name
        source.mkdir(exist_ok=True)
        for file in ("a", "b", "main"):
            code = "int main(void) { return 0; }" if file == "main" else f"int {file}(void) {{ return 1; }}"
            if not (source / f"{file}.c").exists():
                (source / f"{file}.c").write_text(code + "\n")
        (source / "CMakeLists.txt").write_text(HEAD + text)
        tree = self.work / build
        made = self.finish(CMAKE, "-G", generator, "-S", source, "-B", tree,
                           f"-DCMAKE_PREFIX_PATH={STAGE}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options,
                           bound=BUILD_BOUND_S)
        self.assertEqual(made.returncode, 0, made.stderr)
        return tree

    def build(self, tree, *arguments, **how):
        done = self.finish(CMAKE, "--build", tree, *arguments, **{"bound": BUILD_BOUND_S, **how})
        done.text = (done.stdout or b"").decode() + (done.stderr or b"").decode()
        return done

    @staticmethod
    def steps(tree):
        journal = tree / ".holdfast/build/journal.jsonl"
        if not journal.exists():
            return []
        return [json.loads(line) for line in journal.read_text().splitlines()]

    PROJECT = FIND + "add_library(part STATIC a.c b.c)\nadd_executable(app main.c)\ntarget_link_libraries(app part)\n"


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])
