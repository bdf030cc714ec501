"""Every command, option, setting, property and variable is the same set wherever it is told: in `--help`, in the man
pages, in the completions, in the schema and in docs. HOLDFAST_WRITE_REFERENCE=1 writes docs/reference/commands.md."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support import HOLDFAST, STAGE, ProjectCase

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
SHARE = Path(STAGE) / "share"
PAGE = DOCS / "reference/commands.md"
HEAD = """# Commands

`holdfast help --json` has this list for programs. This page is written from it
(`HOLDFAST_WRITE_REFERENCE=1 ctest -R system.reference`). `holdfast help TOPIC` and the man pages
say the same. [Holdfast's exit codes](outcomes.md) are the same for all commands.
"""


def spellings(option):
    """-C,--config -> both; of a place for words: none."""
    return [name for name in option["names"].split(",") if name.startswith("-")]


def walk(command):
    yield command
    for one in command["commands"]:
        yield from walk(one)


def cell(text):
    return text.replace("\n", " ").replace("|", "\\|").replace("<", "\\<")


class Reference(ProjectCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        told = subprocess.run([HOLDFAST, "help", "--json"], stdout=subprocess.PIPE, check=True)
        cls.program = json.loads(told.stdout)
        cls.commands = list(walk(cls.program))
        cls.names = cls.program["cmake"] + cls.program["variables"]

    def said(self, *words):
        done = self.finish(HOLDFAST, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_the_help_of_each_command_has_each_option(self):
        self.assertGreater(len(self.commands), 25)
        for command in self.commands:
            words = command["name"].split()[1:]
            for asked in ([*words, "--help"], ["help", *words]):
                with self.subTest(asked):
                    text = self.said(*asked)
                    for option in command["options"]:
                        for name in spellings(option) or [option["names"]]:
                            self.assertRegex(text, rf"(?<![\w-]){re.escape(name)}(?![\w-])")
                    for one in command["commands"]:
                        self.assertIn("\n  " + one["name"].split()[-1] + " ", text)

    def test_each_command_has_a_man_page_with_each_option(self):
        pages = {page.name for page in (SHARE / "man/man1").iterdir()}
        self.assertEqual(pages, {command["name"].replace(" ", "-") + ".1" for command in self.commands})
        for command in self.commands:
            text = (SHARE / "man/man1" / (command["name"].replace(" ", "-") + ".1")).read_text()
            for option in command["options"]:
                for name in spellings(option):
                    self.assertIn("\\fB" + name.replace("-", "\\-") + "\\fR", text)
        page = (SHARE / "man/man1/holdfast.1").read_text()
        self.assertEqual({one["name"] for one in self.names} - set(re.findall(r"^\\fB([\w:<>]+)\\fR$", page, re.MULTILINE)), set())
        self.assertIn("\n.nf\nholdfast_add_service(", page)
        keys = re.findall(r"^\\fB([\w\\-]+)\\fR$", (SHARE / "man/man5/holdfast.toml.5").read_text(), re.MULTILINE)
        self.assertEqual([key.replace("\\", "") for key in keys], [one["key"] for one in self.program["settings"]])

    def test_man_finds_nothing_wrong_in_the_pages(self):
        if shutil.which("groff") is None:
            self.skipTest("no groff")
        for page in sorted((SHARE / "man").rglob("*.[15]")):
            self.assertNotIn("`", page.read_text())
            done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z", page], capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""), page)

    def topics(self):
        """The words after `holdfast help` that can be typed as they are."""
        words = re.findall(r"(?m)^  (.+)$", self.said("help", "topics"))
        found = {word for line in words for word in line.split() if not set("<:") & set(word)}
        self.assertLessEqual({"ttl", "report", "HOLDFAST_PORT", "holdfast_add_service", "HOLDFAST_LOCKS"}, found)
        return found

    def words_of(self, command):
        return ({one["name"].split()[-1] for one in command["commands"]}
                | {name for option in command["options"] for name in spellings(option)})

    def environment_of_shell(self):
        """With `holdfast` in PATH, which the completions ask."""
        return self.environment(HOME=str(self.work), PATH=f"{Path(HOLDFAST).parent}:{os.environ['PATH']}")

    def completed_by_bash(self, *words):
        script = SHARE / "bash-completion/completions/holdfast"
        asked = (f"source '{script}'; COMP_WORDS=({' '.join(words)} ''); COMP_CWORD={len(words)}; _holdfast; "
                 "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-c", asked], capture_output=True, check=True, env=self.environment_of_shell())
        self.assertEqual(done.stderr, b"")
        return set(done.stdout.decode().split())

    def test_bash_completes_commands_and_options(self):
        for command in self.commands:
            topics = self.topics() if command["name"] == "holdfast help" else set()
            self.assertEqual(self.completed_by_bash(*command["name"].split()), self.words_of(command) | topics, command["name"])
        report = self.completed_by_bash("holdfast", "report")
        self.assertEqual(self.completed_by_bash("holdfast", "report", "--tree", "b"), report)
        # Values, and the words of another command, are not ours.
        for command, option, words in self.options_with_words():
            self.assertEqual(self.completed_by_bash(*command.split(), option), words)
        for words in (("report", "--from"), ("run", "--"), ("run", "--name", "x", "--", "ls"), ("ctest", "--failed", "--")):
            self.assertEqual(self.completed_by_bash("holdfast", *words), set(), words)

    def options_with_words(self):
        """Each option whose value is one of some words: ("holdfast report", "--format", {"text", "json"…})."""
        found = [(command["name"], name, set(option["value"].split("|"))) for command in self.commands
                 for option in command["options"] for name in spellings(option) if "|" in option["value"]]
        self.assertLessEqual({("holdfast report", "--format"), ("holdfast run", "--on-leak"), ("holdfast ctest", "--order"),
                              ("holdfast log", "--level")}, {one[:2] for one in found})
        return found

    def test_a_value_that_is_none_of_the_words_is_refused(self):
        tree = self.project("")
        for command, option, words in self.options_with_words():
            after = {"holdfast run": ["--", "true"], "holdfast shard": ["1/2"], "holdfast history": ["t"], "holdfast affected": ["--since", "x"],
                     "holdfast compare": ["latest", "latest"]}.get(command, [])
            done = self.finish(*[HOLDFAST, *command.split()[1:], option, "x-y", *after], cwd=tree)
            self.assertIn(done.returncode, (2, 125), (command, done.stderr))
            line = done.stderr.decode()
            self.assertIn(option, line)
            self.assertLessEqual(words, set(re.findall(r"[\w-]+", line.partition("expected")[2])), line)

    def completed_by_fish(self, text):
        done = subprocess.run(["fish", "--no-config", "-c", f"source '{SHARE}/fish/vendor_completions.d/holdfast.fish'; complete -C '{text}'"],
                              capture_output=True, check=True, env=self.environment_of_shell())
        return {line.split("\t")[0] for line in done.stdout.decode().splitlines()}

    def test_fish_completes_commands_and_options(self):
        if shutil.which("fish") is None:
            self.skipTest("no fish")
        by_name = {command["name"]: command for command in self.commands}
        for text, name in (("holdfast --", "holdfast"), ("holdfast report --", "holdfast report"),
                           ("holdfast report merge --", "holdfast report merge"), ("holdfast service start --", "holdfast service start"),
                           ("holdfast run --name report --", "holdfast run"), ("holdfast history run --", "holdfast history")):
            wanted = {word for word in self.words_of(by_name[name]) if word.startswith("--")}
            self.assertEqual(self.completed_by_fish(text), wanted, text)
        commands = {one["name"].split()[-1] for one in by_name["holdfast service"]["commands"]}
        self.assertLessEqual(commands, self.completed_by_fish("holdfast service "))
        self.assertFalse(commands & self.completed_by_fish("holdfast service start "))
        for command, option, words in self.options_with_words():
            self.assertEqual(self.completed_by_fish(f"{command} {option} "), words)
        self.assertEqual(self.completed_by_fish("holdfast help "), self.topics())

    def completed_by_zsh(self, *words, begun=""):
        """Without its completion system, which wants a terminal: what it would be given."""
        asked = (f"words=({' '.join(words)} '{begun}'); CURRENT=$#words; _files() {{ print a file }}; _describe() {{ print -rl -- $lines }}; "
                 f"source '{SHARE}/zsh/vendor-completions/_holdfast'")
        done = subprocess.run(["zsh", "-f", "-c", asked], capture_output=True, check=True, env=self.environment_of_shell())
        self.assertEqual(done.stderr, b"")
        return {line.split(":")[0] for line in done.stdout.decode().splitlines()}

    def test_zsh_completes_commands_and_options(self):
        if shutil.which("zsh") is None:
            self.skipTest("no zsh")
        for command in self.commands:
            topics = self.topics() if command["name"] == "holdfast help" else set()
            words = self.words_of(command) | topics
            options = {word for word in words if word.startswith("-")}
            asked = command["name"].split()
            self.assertEqual(self.completed_by_zsh(*asked), words - options or {"a file"}, command["name"])
            self.assertEqual(self.completed_by_zsh(*asked, begun="-") or set(), words, command["name"])
        self.assertEqual(self.completed_by_zsh("holdfast", "report", "--from"), {"a file"})
        # Behind a command of `holdfast service` there is no other one.
        service, = [one for one in self.commands if one["name"] == "holdfast service"]
        names = {one["name"].split()[-1] for one in service["commands"]}
        self.assertFalse(names & self.completed_by_zsh("holdfast", "service", "start"))

    def test_the_page_of_the_commands_is_of_this_program(self):
        text = HEAD
        for command in self.commands[1:]:
            text += f"\n## {command['name']}\n\n{cell(command['help'])}\n"
            if command["options"]:
                text += "\n| option | meaning |\n|---|---|\n"
            for option in command["options"]:
                names = ", ".join(f"`{name}`" for name in option["names"].split(","))
                if option["value"] and spellings(option):
                    names = names[:-1] + f" {cell(option['value'])}`"
                text += f"| {names} | {cell(option['help'])} |\n"
        if os.environ.get("HOLDFAST_WRITE_REFERENCE"):
            PAGE.write_text(text)
        self.assertEqual(PAGE.read_text(), text)

    def test_each_key_is_in_the_schema_and_in_its_page(self):
        schema = (SHARE / "holdfast/holdfast.schema.json").read_text()
        self.assertEqual(schema, (DOCS / "reference/holdfast.schema.json").read_text())
        page = (DOCS / "reference/config.md").read_text()
        services = (DOCS / "reference/services.md").read_text()
        for setting in self.program["settings"]:
            self.assertIn(f'"{setting["key"]}":', schema)
            self.assertIn(f"| `{setting['key']}`", services if setting["scope"] == "[service.NAME]" else page)
        told = {setting["key"] for setting in self.program["settings"]}
        keys = set()

        def collect(part):
            if isinstance(part, dict):
                keys.update(part.get("properties", {}))
                for one in part.values():
                    collect(one)
            elif isinstance(part, list):
                for one in part:
                    collect(one)

        collect({name: value for name, value in json.loads(schema).items()})
        # The names of the tables themselves are no keys; `options` and `kind` are those of the table `engine`.
        self.assertEqual(keys - told, {"profile", "known-flaky", "affected", "service", "build-steps", "cluster", "warn"})

    def test_each_variable_is_in_its_page_and_no_other(self):
        pages = [(DOCS / "reference" / name).read_text() for name in ("environment.md", "services.md")]
        found = {name for page in pages for name in re.findall(r"^\| `(HOLDFAST_[\w<>]+)`", page, re.MULTILINE)}
        self.assertEqual(found, {one["name"] for one in self.program["variables"]})

    def test_each_topic_is_explained(self):
        topics = self.said("help", "topics").split()
        for name in [one["key"] for one in self.program["settings"]] + [one["name"] for one in self.names]:
            self.assertIn(name, topics)
            text = self.said("help", name)
            self.assertRegex(text, rf"(?m)^{name}: ")
            self.assertEqual(self.said("help", name.replace("<NAME>", "DB")), text)
            self.assertNotIn("`", text.partition(f"\n{name}: ")[2] or text)
            key = text.partition(f"{name}: a key of holdfast.toml")[2].partition("\n\n")[0]
            self.assertEqual([line for line in key.splitlines() if len(line) > 80], [])
        property_text = self.said("help", "HOLDFAST_LOCKS")
        self.assertIn("a key of holdfast.toml", property_text)
        self.assertIn("Test properties", property_text)

        self.assertIn("\n  holdfast_add_service(<name> COMMAND", self.said("help", "holdfast_add_service"))
        self.assertIn("in [cluster]\n", self.said("help", "ttl"))
        self.assertEqual(self.said("help", "--timeout").splitlines()[0], self.said("help", "timeout").splitlines()[0])
        self.assertEqual(self.said("help", "-h"), self.said("help"))

    def test_what_is_no_topic_is_refused(self):
        for word, meant in (("HOLDFAST_LOKS", "HOLDFAST_LOCKS"), ("endpoint", "endpoints"), ("holdfast_port", "HOLDFAST_PORT"), ("reprot", "report")):
            self.assertIn(f'(did you mean "{meant}"?)', self.finish(HOLDFAST, "help", word).stderr.decode())
        for words in (["no-such-topic"], [""], ["service", "no-such-command"], ["keeper"], ["--write"]):
            done = self.finish(HOLDFAST, "help", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assert_our_lines(done.stderr, 1)

    def test_help_that_cannot_be_written_is_an_error(self):
        for words in (["help", "--write", "/dev/null/pages"], ["help", "run", ">/dev/full"], ["run", "--help", ">/dev/full"]):
            done = self.finish("sh", "-c", " ".join([f'"{HOLDFAST}"', *words]))
            self.assertEqual(done.returncode, 2, words)
            self.assert_our_lines(done.stderr, 1)
            self.assertIn("failed to write", done.stderr.decode())

    def test_config_without_a_test_shows_what_holds_for_any(self):
        tree = self.project("")
        (self.work / "project/holdfast.toml").write_text('#:schema\n[profile.default]\ngrace = "7s"\n[cluster]\n'
                                                         'endpoints = ["http://127.0.0.1:1"]\nuser = "me"\nttl = "20s"\n'
                                                         'ca = "/c/ca"\ncert = "/c/cert"\nkey = "/c/key"\n')
        done = self.finish(HOLDFAST, "config", cwd=tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in (r"endpoints \(cluster\) +http://127.0.0.1:1 +holdfast.toml:5, \[cluster\]",
                    r"ttl \(cluster\) +20s +\[cluster\]", r"user \(cluster\) +me +\[cluster\]", r"ca \(cluster\) +/c/ca +\[cluster\]",
                    r"cert \(cluster\) +/c/cert +\[cluster\]", r"key \(cluster\) +/c/key +\[cluster\]"):
            self.assertRegex(done.stdout.decode(), rf"\n{row}\n")
        self.assertRegex(done.stdout.decode(), r"\ngrace +7s +holdfast.toml:3, \[profile.default\]\n")
        self.assertIn(f"schema: {SHARE}/holdfast/holdfast.schema.json\n", done.stdout.decode())
        for setting in self.program["settings"]:
            if setting["scope"] in ("a test", "a run") and setting["key"] != "environment":
                self.assertRegex(done.stdout.decode(), rf"\n{setting['key']} ")

    def test_pages_and_schema_are_named_where_they_are_installed(self):
        place = self.work / "installed"
        (place / "bin").mkdir(parents=True)
        own = shutil.copy(HOLDFAST, place / "bin/holdfast")
        tree = self.project("")

        def said():
            return (self.finish(own, "config", cwd=tree).stdout + self.finish(own, "help", "HOLDFAST_LOCKS").stdout).decode()
        pages = f"docs is in {place}/share/doc/holdfast\n"
        schema = place / "share/holdfast/holdfast.schema.json"
        self.assertIn("docs/", self.said("help", "HOLDFAST_LOCKS"))
        for _ in ("nothing", "what a distribution puts there though it leaves out pages"):
            text = said()
            self.assertNotIn("schema: ", text)
            self.assertNotIn("docs is in ", text)
            (place / "share/doc/holdfast").mkdir(parents=True, exist_ok=True)
        (place / "share/doc/holdfast/docs").mkdir()
        schema.parent.mkdir()
        schema.touch()
        text = said()
        self.assertIn(f"\nschema: {schema}\n", text)
        self.assertTrue(text.endswith(pages), text)

    def test_five_mistakes_get_five_lines(self):
        tree = self.project("")
        file = self.work / "project/holdfast.toml"
        file.write_text('x = 1\n[profile.default]\ntimeout = "x"\nretry = "q"\nruns = "no"\n[[override]]\nnice = 3\n')
        done = self.finish(HOLDFAST, "config", "--check", cwd=tree)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        lines = self.assert_our_lines(done.stderr, 5)
        self.assertEqual([int(re.search(r"holdfast\.toml:(\d+):", line)[1]) for line in done.stderr.decode().splitlines()],
                         [1, 3, 4, 5, 6], lines)
        file.write_text("[profile.default]\n")
        done = self.finish(HOLDFAST, "config", "--check", cwd=tree)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, f"{file}: nothing is wrong\n"))
        file.unlink()
        self.assertEqual(self.said("config", "--check", "--tree", tree), "no holdfast.toml: built-in defaults hold\n")
        self.assertNotIn("(cluster)", self.said("config", "--tree", tree))
        # The environment names an etcd, and the file does not.
        away = self.environment(HOLDFAST_CLUSTER_ENDPOINTS="http://127.0.0.1:1")
        done = self.finish(HOLDFAST, "config", "--tree", tree, env=away)
        for row in (r"endpoints \(cluster\) +http://127.0.0.1:1 +HOLDFAST_CLUSTER_ENDPOINTS",
                    r"ttl \(cluster\) +\S.* +built-in default"):
            self.assertRegex(done.stdout.decode(), rf"\n{row}\n")
        for words in (["config", "--check"], ["config"], ["run", "--lock", "db"]):
            after = ["--", "true"] if words[0] == "run" else []
            done = self.finish(HOLDFAST, *words, "--tree", self.work / "typo", *after, cwd=tree)
            self.assertEqual(done.returncode, 125 if after else 2, done.stderr)
            self.assertIn(b"expected a build tree", done.stderr)
        done = self.finish(HOLDFAST, "config", "--check", "--explain", "t", cwd=tree)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
