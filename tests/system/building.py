"""What the drivers of build steps share: a project of three sources, built by a real ninja or make."""

import json

from support import CMAKE, PATIENCE_S, STAGE, SystemCase

GENERATORS = ("Ninja", "Unix Makefiles")
HEAD = "cmake_minimum_required(VERSION 3.25)\nproject(steps C)\n"
FIND = "find_package(Holdfast REQUIRED)\n"
# To configure and to build is dozens of processes, of which each may have to wait for a processor.
BUILD_PATIENCE_S = 8 * PATIENCE_S


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
                           bound=BUILD_PATIENCE_S)
        self.assertEqual(made.returncode, 0, made.stderr)
        return tree

    def build(self, tree, *arguments, **how):
        how.setdefault("bound", BUILD_PATIENCE_S)
        done = self.finish(CMAKE, "--build", tree, *arguments, **how)
        done.text = (done.stdout or b"").decode() + (done.stderr or b"").decode()
        return done

    @staticmethod
    def steps(tree):
        journal = tree / ".holdfast/build/journal.jsonl"
        if not journal.exists():
            return []
        return [json.loads(line) for line in journal.read_text().splitlines()]
