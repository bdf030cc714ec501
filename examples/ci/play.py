#!/usr/bin/env python3
"""Plays the jobs of github.yml or gitlab.yml on this machine, as the CI site would, so that you can see
what they do before you push. `holdfast` and `cmake` are those of PATH.

Each job has a directory of its own. Jobs whose needs have ended run at the same time. Of what a site
offers, only what the two files use is played, and anything else is refused before the first job begins.

Exit code: 0 if all jobs are green, 1 if one is red, 2 for wrong use.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

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


class Site:
    """What jobs share: the sources, a cache that outlives the pipeline, and artifacts."""

    def __init__(self, into, lost):
        self.cache = into / "cache"
        self.artifacts = into / "artifacts"
        self.jobs = into / "jobs"
        self.lost = lost
        self.printing = threading.Lock()

    def begin(self):
        for old in (self.artifacts, self.jobs):
            shutil.rmtree(old, ignore_errors=True)
        for directory in (self.cache, self.artifacts, self.jobs):
            directory.mkdir(parents=True, exist_ok=True)

    def say(self, text):
        with self.printing:
            print(text, flush=True)


def copy_matches(source, patterns, target):
    for pattern in patterns:
        for file in sorted(source.glob(pattern)):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target / file.name)


def check_out(place):
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy2(file, place / file.name)


class Job:
    def __init__(self, site, name, needs, always, environment):
        self.site, self.name, self.needs, self.always = site, name, needs, always
        self.place = site.jobs / re.sub(r"[^\w.-]+", "-", name)
        self.environment = environment

    def command(self, text):
        """Whether the commands succeed. What they print is shown with the job's name."""
        for line in text.splitlines():
            self.site.say(f"{self.name} | $ {line}")
        done = subprocess.run(["bash", "-e", "-c", text], cwd=self.place, env={**os.environ, **self.environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        for said in done.stdout.decode(errors="replace").splitlines():
            self.site.say(f"{self.name} | {said}")
        return done.returncode == 0

    def play(self):
        self.place.mkdir(parents=True)
        is_green = self.work() if self.name not in self.site.lost else self.die()
        self.site.say(f"{self.name}: {'green' if is_green else 'red'}")
        return is_green

    def die(self):
        self.site.say(f"{self.name} | the machine is gone")
        return False


ACTIONS = {  # and what is played of their `with:`
    "actions/checkout": (),
    "actions/upload-artifact": ("name", "path"),
    "actions/download-artifact": ("name", "pattern", "merge-multiple"),
    "actions/cache/restore": ("path", "key", "restore-keys"),
    "actions/cache/save": ("path", "key"),
}


class GithubJob(Job):
    def __init__(self, site, key, job, matrix):
        only(key, job, "needs", "if", "runs-on", "strategy", "steps")
        needs = job.get("needs", [])
        super().__init__(site, f"{key} ({matrix['shard']})" if matrix else key,
                         [needs] if isinstance(needs, str) else needs, is_always(f"{key}.if", job.get("if"), "always()"), {})
        self.environment["GITHUB_STEP_SUMMARY"] = f"{self.place}.md"
        self.key = key
        self.known = {"github.run_id": os.getpid(), **{f"matrix.{name}": one for name, one in matrix.items()}}
        self.steps = [self.step(step) for step in job["steps"]]

    def step(self, step):
        where = f"{self.name}.steps"
        only(where, step, "uses", "with", "run", "if")
        always = is_always(f"{where}.if", step.get("if"), "always()")
        if "run" in step:
            return always, None, self.filled(step["run"])
        action = step["uses"].partition("@")[0]
        if action not in ACTIONS:
            raise Refused(f"{where}.uses: {action}: expected {', '.join(ACTIONS)}")
        given = only(f"{where}.with", step.get("with", {}), *ACTIONS[action])
        return always, action, {name: self.filled(value) for name, value in given.items()}

    def filled(self, value):
        def known(found):
            if found[1] not in self.known:
                raise Refused(f"{self.name}: ${{{{ {found[1]} }}}}: expected {', '.join(self.known)}")
            return str(self.known[found[1]])
        return re.sub(r"\$\{\{ *(.*?) *\}\}", known, str(value))

    def work(self):
        is_green = True
        for always, action, what in self.steps:
            if is_green or always:
                done = self.use(action, what) if action else self.command(what)
                is_green = is_green and done
        return is_green

    def use(self, action, given):
        site = self.site
        if action == "actions/checkout":
            check_out(self.place)
        elif action == "actions/upload-artifact":
            copy_matches(self.place, [given["path"]], site.artifacts / given["name"])
        elif action == "actions/download-artifact":
            found = [one for one in sorted(site.artifacts.iterdir())
                     if fnmatch.fnmatch(one.name, given.get("name") or given["pattern"])]
            for one in found:
                copy_matches(one, ["*"], self.place)
            return bool(found) or "name" not in given
        elif action == "actions/cache/restore":
            copy_matches(site.cache, [given["path"]], self.place)
        elif action == "actions/cache/save":
            copy_matches(self.place, [given["path"]], site.cache)
        return True


class GitlabJob(Job):
    def __init__(self, site, key, job, number, count):
        only(key, job, "stage", "needs", "parallel", "when", "cache", "script", "after_script", "artifacts")
        self.cache = only(f"{key}.cache", job.get("cache", {}), "key", "policy", "paths")
        self.kept = only(f"{key}.artifacts", job.get("artifacts", {}), "when", "paths", "reports")
        self.keeps_always = is_always(f"{key}.artifacts.when", self.kept.get("when"), "always")
        super().__init__(site, f"{key} {number}/{count}" if count else key, job.get("needs", []),
                         is_always(f"{key}.when", job.get("when"), "always"),
                         {"CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(count)} if count else {})
        self.key, self.script, self.after = key, job["script"], job.get("after_script", [])

    def work(self):
        site = self.site
        check_out(self.place)
        for one in sorted(site.artifacts.iterdir()):
            if one.name.partition(" ")[0] in self.needs:
                copy_matches(one, ["*"], self.place)
        if self.cache.get("policy") != "push":
            copy_matches(site.cache, self.cache.get("paths", []), self.place)
        is_green = self.command("\n".join(self.script))
        self.command("\n".join(self.after))  # the site does not look at how this ends
        if is_green or self.keeps_always:
            copy_matches(self.place, self.kept.get("paths", []), site.artifacts / self.name.replace("/", "-"))
        if is_green and self.cache.get("policy") != "pull":
            copy_matches(self.place, self.cache.get("paths", []), site.cache)
        return is_green


def jobs_of(file, site):
    with open(file, encoding="utf-8") as text:
        pipeline = yaml.safe_load(text)
    if "jobs" in pipeline:
        only(file.name, pipeline, "name", "on", "jobs")
        for key, job in pipeline["jobs"].items():
            strategy = only(f"{key}.strategy", job.get("strategy", {}), "fail-fast", "matrix")
            shards = only(f"{key}.strategy.matrix", strategy.get("matrix", {}), "shard").get("shard", [])
            for matrix in [{"shard": one} for one in shards] or [{}]:
                yield GithubJob(site, key, job, matrix)
        return
    for key, job in pipeline.items():
        if key in ("image", "stages"):
            continue
        if not isinstance(job, dict) or "script" not in job:
            raise Refused(f"{key}: expected a job with a script, or image or stages")
        count = job.get("parallel", 0)
        for number in range(1, count + 1) if count else [0]:
            yield GitlabJob(site, key, job, number, count)


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
    parser.add_argument("--lose", metavar="JOB", action="append", default=[],
                        help="this job's machine dies, as `test (2)` or `test 2/3`; may be given again")
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"{options.file}: expected github.yml or gitlab.yml")
    site = Site(options.into.resolve(), options.lose)
    try:
        jobs = list(jobs_of(options.file, site))
        for name in options.lose:
            if name not in [job.name for job in jobs]:
                raise Refused(f"--lose {name}: expected {', '.join(job.name for job in jobs)}")
    except Refused as refused:
        parser.error(str(refused))
    site.begin()
    return 0 if play(jobs) else 1


if __name__ == "__main__":
    sys.exit(main())
