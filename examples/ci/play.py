#!/usr/bin/env python3
"""Plays the jobs of a workflow of GitHub Actions, or of a pipeline of GitLab, on this machine, as the CI
site would, so that you can see what they do before you push. Holdfast's own action and template are played
too, with all their scripts. `cmake` is that of PATH.

Each job has a directory of its own. Jobs whose needs have ended run at the same time. Of what a site
offers, only what these files use is played, and anything else is refused before the first job begins.

Exit code: 0 if all jobs are green, 1 if one is red, 2 for wrong use.
"""

import argparse
import concurrent.futures
import fnmatch
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse

import yaml  # Debian: python3-yaml

HERE = pathlib.Path(__file__).resolve().parent


class Refused(Exception):
    """The file has something that is not played."""


def only(where, given, *known):
    """The mapping, if it has no other keys than these."""
    for key in given:
        # To YAML, `on` is true.
        if key not in known and not (key is True and "on" in known):
            raise Refused(f"{where}: {key}: expected {', '.join(known)}")
    return given


def is_always(where, value, always):
    if value not in (None, always):
        raise Refused(f"{where}: {value}: expected {always}, or nothing")
    return value == always


def read(file):
    with open(file, encoding="utf-8") as text:
        return yaml.safe_load(text)


class Site:
    """What jobs share: the sources, a cache that outlives the pipeline, artifacts, and a tarball of Holdfast."""

    def __init__(self, options):
        into = options.into.resolve()
        self.cache = into / "cache"
        self.artifacts = into / "artifacts"
        self.jobs = into / "jobs"
        self.project = options.project.resolve()
        self.repository = options.repository.resolve()
        self.lost = options.lose
        self.tarball, self.sha256 = options.tarball and options.tarball.resolve(), options.sha256
        self.printing = threading.Lock()

    def begin(self):
        for old in (self.artifacts, self.jobs):
            shutil.rmtree(old, ignore_errors=True)
        for directory in (self.cache, self.artifacts, self.jobs):
            directory.mkdir(parents=True, exist_ok=True)
        self.tarball = self.tarball or self.packed()
        self.sha256 = self.sha256 or hashlib.sha256(self.tarball.read_bytes()).hexdigest()

    def packed(self):
        """A tarball of the Holdfast in PATH, in the form that a release has."""
        prefix = pathlib.Path(shutil.which("holdfast")).resolve().parents[1]
        file = self.jobs / "holdfast.tar.zst"
        subprocess.run(["tar", "--zstd", "-cf", file, "--transform=s,^\\.,holdfast-played-linux-x86_64,", "-C", prefix,
                        *(f"./{name}" for name in ("bin", "libexec", "lib/cmake/Holdfast"))], check=True)
        return file

    def say(self, text):
        with self.printing:
            print(text, flush=True)

    def save(self, key, source, paths):
        """What the cache keeps under the key. GitHub's never changes what it has."""
        place = self.cache / urllib.parse.quote(key, safe="")
        new = self.jobs / f"cache-{place.name}"
        copy_matches(source, paths, new)
        if new.is_dir():
            shutil.rmtree(place, ignore_errors=True)
            new.rename(place)
            place.touch()

    def restore(self, keys, target):
        """The newest of those that begin with the first key, or with the next one."""
        for key in keys:
            found = [one for one in self.cache.iterdir() if urllib.parse.unquote(one.name).startswith(key)]
            if found:
                return copy_matches(max(found, key=lambda one: one.stat().st_mtime_ns), ["*"], target)
        return None


def copy_matches(source, patterns, target, is_flat=False):
    """Copies files and directories to the same place below the target, or, flat, to the target itself."""
    for pattern in patterns:
        for found in sorted(source.glob(pattern)):
            files = [found] if found.is_file() else [one for one in found.rglob("*") if one.is_file()]
            root = source if not is_flat else found if found.is_dir() else found.parent
            for file in files:
                place = target / file.relative_to(root)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, place)


class Job:
    def __init__(self, site, name, needs, always):
        self.site, self.name, self.needs, self.always = site, name, needs, always
        self.place = site.jobs / re.sub(r"[^\w.-]+", "-", name)
        self.environment = {"CI": "true"}

    def command(self, shell, text, more):
        """Whether the commands succeed. What they print is shown with the job's name."""
        for line in text.splitlines():
            self.site.say(f"{self.name} | $ {line}")
        done = subprocess.run([*shell, text], cwd=self.place, env={**os.environ, **self.environment, **more},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        for said in done.stdout.decode(errors="replace").splitlines():
            self.site.say(f"{self.name} | {said}")
        if done.returncode:
            self.site.say(f"{self.name} | exit code {done.returncode}")
        return done.returncode == 0

    def check_out(self):
        shutil.copytree(self.site.project, self.place, dirs_exist_ok=True)

    def play(self):
        self.place.mkdir(parents=True)
        is_green = self.work() if self.name not in self.site.lost else self.die()
        self.site.say(f"{self.name}: {'green' if is_green else 'red'}")
        return is_green

    def die(self):
        self.site.say(f"{self.name} | the machine is gone")
        return False


# --- GitHub Actions -------------------------------------------------------------------------

ACTIONS = {  # and what is played of their `with:`
    "actions/checkout": (),
    "actions/upload-artifact": ("name", "path", "if-no-files-found"),
    "actions/download-artifact": ("name", "pattern", "merge-multiple"),
    "actions/cache/restore": ("path", "key", "restore-keys"),
    "actions/cache/save": ("path", "key"),
}
OURS = ".github/actions/"
SHELLS = {None: ["bash", "-e", "-c"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]}


class Steps:
    """The steps of a job or of a composite action. `known` has what `${{ }}` and `if:` may name, with the values
    that they have by now."""

    def __init__(self, job, where, steps, known):
        self.job, self.where, self.known = job, f"{where}.steps", known
        self.steps = [self.checked(step) for step in steps]

    def checked(self, step):
        only(self.where, step, "name", "id", "uses", "with", "run", "if", "env", "shell")
        self.holds(step, True)
        if step.get("shell") not in SHELLS:
            raise Refused(f"{self.where}.shell: {step['shell']}: expected bash")
        for text in (step.get("run", ""), *step.get("env", {}).values(), *step.get("with", {}).values()):
            self.filled(text)
        action = step.get("uses", "").partition("@")[0]
        inner = None
        if OURS in action:
            inner = Composite(self.job, action.partition(OURS)[2], step.get("with", {}))
        elif action and action not in ACTIONS:
            raise Refused(f"{self.where}.uses: {action}: expected {', '.join(ACTIONS)}")
        elif action:
            only(f"{self.where}.with", step.get("with", {}), *ACTIONS[action])
        if "id" in step:
            self.known[f"steps.{step['id']}.outcome"] = "skipped"
        return step, action, inner

    def value(self, name):
        output = re.fullmatch(r"(steps\.[\w-]+)\.outputs\.[\w-]+", name)
        if name not in self.known and not (output and f"{output[1]}.outcome" in self.known):
            raise Refused(f"{self.job.name}: ${{{{ {name} }}}}: expected {', '.join(self.known)}")
        return str(self.known.get(name, ""))

    def filled(self, text):
        if isinstance(text, bool):
            text = str(text).lower()
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: self.value(found[1]), str(text))

    def holds(self, step, is_green):
        """Whether the condition is true: comparisons with a text, and `always()`, with `&&` between them."""
        terms = step.get("if", "success()").split(" && ")
        if "always()" not in terms and not is_green:
            return False
        compared = True
        for term in terms:
            parts = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", term)
            if parts:
                compared = compared and (self.value(parts[1]) == parts[3]) == (parts[2] == "==")
            elif term not in ("always()", "success()"):
                raise Refused(f"{self.where}.if: {term}: expected always(), or nothing")
        return compared

    def work(self):
        is_green = True
        for step, action, inner in self.steps:
            outcome = "skipped"
            if self.holds(step, is_green):
                outcome = "success" if self.play(step, action, inner) else "failure"
            if "id" in step:
                self.known[f"steps.{step['id']}.outcome"] = outcome
            is_green = is_green and outcome != "failure"
        return is_green

    def play(self, step, action, inner):
        given = {name: self.filled(value) for name, value in step.get("with", {}).items()}
        if action and not inner:
            return self.job.use(action, given)
        outputs = {}
        if inner:
            is_green = inner.work_with(given, outputs)
        else:
            environment = {name: self.filled(value) for name, value in step.get("env", {}).items()}
            is_green = self.job.run(SHELLS[step.get("shell")], self.filled(step["run"]), environment, outputs)
        for name, value in outputs.items():
            self.known[f"steps.{step.get('id')}.outputs.{name}"] = value
        return is_green


class Composite(Steps):
    """A composite action of Holdfast's repository."""

    def __init__(self, job, name, given):
        file = job.site.repository / OURS / name / "action.yml"
        if not file.is_file():
            raise Refused(f"{job.name}.steps.uses: {name}: expected an action below {OURS}")
        action = only(name, read(file), "name", "description", "inputs", "outputs", "runs")
        only(f"{name}.runs", action["runs"], "using", "steps")
        self.inputs, self.outputs = action["inputs"], action.get("outputs", {})
        only(f"{job.name}.steps.with", given, *self.inputs)
        for key, one in self.inputs.items():
            if one.get("required") and key not in given:
                raise Refused(f"{job.name}.steps.with: expected {key}")
        known = {**job.known, **{f"inputs.{key}": one.get("default", "") for key, one in self.inputs.items()}}
        super().__init__(job, f"{job.name}: {name}", action["runs"]["steps"], known)
        for one in self.outputs.values():
            self.filled(one["value"])

    def work_with(self, given, outputs):
        self.known.update(self.job.known)
        self.known.update({f"inputs.{key}": value for key, value in given.items()})
        is_green = self.work()
        outputs.update({name: self.filled(one["value"]) for name, one in self.outputs.items()})
        return is_green


class GithubJob(Job):
    def __init__(self, site, key, job, matrix):
        only(key, job, "needs", "if", "runs-on", "strategy", "steps")
        needs = job.get("needs", [])
        super().__init__(site, f"{key} ({matrix['shard']})" if matrix else key,
                         [needs] if isinstance(needs, str) else needs, is_always(f"{key}.if", job.get("if"), "always()"))
        self.key = key
        self.temporary = pathlib.Path(f"{self.place}.tmp")
        self.environment |= {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.place), "GITHUB_JOB": key,
                             "GITHUB_STEP_SUMMARY": f"{self.place}.md", "RUNNER_TEMP": str(self.temporary)}
        self.known = {"github.run_id": os.getpid(), "github.run_attempt": 1, "github.job": key,
                      "github.workspace": self.place, "runner.temp": self.temporary,
                      "vars.HOLDFAST_TARBALL": "", "vars.HOLDFAST_SHA256": "",
                      **{f"matrix.{name}": one for name, one in matrix.items()}}
        self.steps = Steps(self, self.name, job["steps"], dict(self.known))

    def work(self):
        self.temporary.mkdir()
        self.known |= {"vars.HOLDFAST_TARBALL": self.site.tarball, "vars.HOLDFAST_SHA256": self.site.sha256}
        self.steps.known.update(self.known)
        return self.steps.work()

    def run(self, shell, text, environment, outputs):
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        is_green = self.command(shell, text, {**environment, **{name: str(file) for name, file in files.items()}})
        said = {name: file.read_text().splitlines() for name, file in files.items()}
        outputs.update(line.split("=", 1) for line in said["GITHUB_OUTPUT"])
        self.environment.update(line.split("=", 1) for line in said["GITHUB_ENV"])
        for line in said["GITHUB_PATH"]:
            self.environment["PATH"] = f"{line}:{self.environment.get('PATH', os.environ['PATH'])}"
        return is_green

    def use(self, action, given):
        site = self.site
        if action == "actions/checkout":
            self.check_out()
        elif action == "actions/upload-artifact":
            copy_matches(self.place, [given["path"]], site.artifacts / given["name"], is_flat=True)
        elif action == "actions/download-artifact":
            found = [one for one in sorted(site.artifacts.iterdir())
                     if fnmatch.fnmatch(one.name, given.get("name") or given["pattern"])]
            for one in found:
                copy_matches(one, ["*"], self.place)
            return bool(found) or "name" not in given
        elif action == "actions/cache/restore":
            site.restore([given["key"], *given.get("restore-keys", "").split()], self.place)
        elif action == "actions/cache/save":
            site.save(given["key"], self.place, [given["path"]])
        return True


def github_jobs(file, pipeline, site):
    only(file.name, pipeline, "name", "on", "jobs")
    for key, job in pipeline["jobs"].items():
        strategy = only(f"{key}.strategy", job.get("strategy", {}), "fail-fast", "matrix")
        shards = only(f"{key}.strategy.matrix", strategy.get("matrix", {}), "shard").get("shard", [])
        for matrix in [{"shard": one} for one in shards] or [{}]:
            yield GithubJob(site, key, job, matrix)


# --- GitLab ---------------------------------------------------------------------------------

GITLAB_SHELL = ["bash", "-eo", "pipefail", "-c"]


class GitlabJob(Job):
    def __init__(self, site, key, job, number, count):
        only(key, job, "stage", "needs", "parallel", "when", "cache", "variables", "before_script", "script",
             "after_script", "artifacts")
        self.cache = only(f"{key}.cache", job.get("cache", {}), "key", "policy", "paths", "when")
        self.kept = only(f"{key}.artifacts", job.get("artifacts", {}), "when", "paths", "reports")
        self.reports = only(f"{key}.artifacts.reports", self.kept.get("reports", {}), "junit", "annotations")
        self.keeps_always = is_always(f"{key}.artifacts.when", self.kept.get("when"), "always")
        self.caches_always = is_always(f"{key}.cache.when", self.cache.get("when"), "always")
        super().__init__(site, f"{key} {number}/{count}" if count else key, job.get("needs", []),
                         is_always(f"{key}.when", job.get("when"), "always"))
        self.key, self.variables = key, job.get("variables", {})
        self.script, self.after = [*job.get("before_script", []), *job["script"]], job.get("after_script", [])
        self.environment |= {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(self.place), "CI_JOB_NAME": self.name,
                             "CI_JOB_URL": f"https://gitlab.example.org/jobs/{os.getpid()}",
                             "CI_JOB_NAME_SLUG": re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")}
        if count:
            self.environment |= {"CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(count)}

    def filled(self, text):
        """With the values of variables, which may name others in turn."""
        for _ in range(5):
            text = re.sub(r"\$(\w+)", lambda found: self.environment.get(found[1], ""), text)
        return text

    def work(self):
        site = self.site
        self.environment |= {"HOLDFAST_CI_TARBALL": str(site.tarball), "HOLDFAST_CI_SHA256": site.sha256}
        self.environment |= {name: str(value) for name, value in self.variables.items()}
        self.environment |= {name: self.filled(self.environment[name]) for name in self.variables}
        self.check_out()
        for one in sorted(site.artifacts.iterdir()):
            if one.name.partition(" ")[0] in self.needs:
                copy_matches(one, ["*"], self.place)
        key = self.filled(self.cache.get("key", "default"))
        if self.cache.get("policy") != "push":
            copy_matches(site.cache / urllib.parse.quote(key, safe=""), ["*"], self.place)
        is_green = self.command(GITLAB_SHELL, "\n".join(self.script), {})
        self.command(GITLAB_SHELL, "\n".join(self.after), {})  # the site does not look at how this ends
        if is_green or self.keeps_always:
            copy_matches(self.place, [*self.kept.get("paths", []), *self.reports.values()],
                         site.artifacts / self.name.replace("/", "-"))
        if (is_green or self.caches_always) and self.cache.get("policy") != "pull":
            site.save(key, self.place, self.cache.get("paths", []))
        return is_green


def merged(below, above):
    """As GitLab merges jobs: mappings key by key, and anything else as a whole."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def extended(pipeline, job):
    base = job.get("extends")
    rest = {key: value for key, value in job.items() if key != "extends"}
    if base is None:
        return rest
    if base not in pipeline:
        raise Refused(f"extends: {base}: expected {', '.join(key for key in pipeline if key.startswith('.'))}")
    return merged(extended(pipeline, pipeline[base]), rest)


def gitlab_jobs(pipeline, site):
    for one in pipeline.pop("include", []):
        only("include", one, "project", "ref", "file")
        file = site.repository / one["file"]
        if not file.is_file():
            raise Refused(f"include: {one['file']}: expected a file of Holdfast's repository")
        pipeline = merged(read(file), pipeline)
    for key, job in pipeline.items():
        if key in ("image", "stages") or key.startswith("."):
            continue
        job = extended(pipeline, job) if isinstance(job, dict) else {}
        if "script" not in job:
            raise Refused(f"{key}: expected a job with a script, or include, image or stages")
        count = job.get("parallel", 0)
        for number in range(1, count + 1) if count else [0]:
            yield GitlabJob(site, key, job, number, count)


# --- Any site -------------------------------------------------------------------------------


def jobs_of(file, site):
    pipeline = read(file)
    return list(github_jobs(file, pipeline, site) if "jobs" in pipeline else gitlab_jobs(pipeline, site))


def play(jobs):
    """Whether all jobs are green. Jobs that start when their needs have ended run at the same time."""
    ended = {}
    waiting = jobs
    while waiting:
        open_keys = {job.key for job in waiting}
        ready = [job for job in waiting if not open_keys & set(job.needs)]
        waiting = [job for job in waiting if job not in ready]
        wanted = [job for job in ready if job.always or all(ended[one] for one in job.needs)]
        with concurrent.futures.ThreadPoolExecutor(max(1, len(wanted))) as pool:
            results = list(pool.map(Job.play, wanted))
        for job in ready:
            ended.setdefault(job.key, True)
        for job, is_green in zip(wanted, results):
            ended[job.key] = ended[job.key] and is_green
        for job in ready:
            if job not in wanted:
                ended[job.key] = False
                job.site.say(f"{job.name}: not started")
    return all(ended.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path, help="github.yml or gitlab.yml")
    parser.add_argument("--into", type=pathlib.Path, default=pathlib.Path("/tmp/holdfast-ci"),
                        help="directory for jobs, artifacts and the cache; the cache is kept for the next pipeline")
    parser.add_argument("--project", type=pathlib.Path, default=HERE, help="what jobs check out (default: this folder)")
    parser.add_argument("--tarball", type=pathlib.Path, help="Holdfast's (default: packed from the one in PATH)")
    parser.add_argument("--sha256", help="what the jobs expect of the tarball (default: what it has)")
    parser.add_argument("--repository", type=pathlib.Path, default=HERE.parents[1],
                        help="Holdfast's, with the action and the template (default: the one around this file)")
    parser.add_argument("--lose", metavar="JOB", action="append", default=[],
                        help="this job's machine dies, as `test (2)` or `test 2/3`; may be given again")
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"{options.file}: expected github.yml or gitlab.yml")
    if not options.tarball and not shutil.which("holdfast"):
        parser.error("expected --tarball, or holdfast in PATH")
    site = Site(options)
    try:
        jobs = jobs_of(options.file, site)
        for name in options.lose:
            if name not in [job.name for job in jobs]:
                raise Refused(f"--lose {name}: expected {', '.join(job.name for job in jobs)}")
    except Refused as refused:
        parser.error(str(refused))
    site.begin()
    return 0 if play(jobs) else 1


if __name__ == "__main__":
    sys.exit(main())
