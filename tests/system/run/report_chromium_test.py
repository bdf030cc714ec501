"""The HTML report in a headless Chromium: rows, search, keys, and what is left where scripts are
forbidden.

Two more parts run only if a variable asks for them:
    HOLDFAST_PICTURES=DIRECTORY ctest --preset dev -R report_chromium.Pictures
makes the pictures of the guide (launcher/report/html/README.md), and
    HOLDFAST_REPORT=FILE.html ctest --preset dev -R report_chromium.Measured -V
measures a page, of a large run, say."""

import functools
import hashlib
import http.server
import os
import threading
import unittest
from pathlib import Path

import pictures
from browser import Browser, browser_here
from report_example import HOSTILE, BundleCase, ExampleCase
from support import SOURCES, no_keeper_of, wait_until

# A frame draws what changed and sees which sizes changed, and the next one draws for that.
THREE_FRAMES = "(async () => { for (let i = 0; i < 3; ++i) await new Promise(requestAnimationFrame); })()"
READY = "document.documentElement.dataset.state === 'ready'"
ROWS = "[...document.querySelectorAll('#rows tr[aria-rowindex]')]"
NAMES = f"{ROWS}.map((row) => row.querySelector('button').textContent)"

# What Jenkins sends with the artifacts of a build.
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"


class ChromiumCase(ExampleCase):
    def setUp(self):
        super().setUp()
        if not browser_here():
            self.skipTest("no Chromium is installed (package chromium)")

    def page(self, **how):
        file = self.work / "report.html"
        self.report(self.example(**how), "html", "--output", file)
        return file

    def opened(self, browser, file):
        browser.open(f"file://{file}")
        browser.wait_until(READY)


class Served:
    """A directory on a port of the loopback, with the headers of Jenkins."""

    def __init__(self, directory, policy):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def end_headers(self):
                self.send_header("Content-Security-Policy", policy)
                super().end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=directory))
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class ReportInChromium(ChromiumCase):
    def test_a_page_of_everything(self):
        file = self.page()
        with Browser(self.work) as browser:
            browser.size(1200, 900)
            self.opened(browser, file)
            for check in (self.rows_appear, self.the_search_finds_names_and_reasons, self.buttons_filter, self.heads_sort,
                          self.keys_move_and_unfold, self.the_timeline_is_drawn_and_told, self.the_timeline_lets_go, self.cases_have_outcomes,
                          self.names_are_text):
                with self.subTest(check.__name__):
                    check(browser)
            self.assertEqual(browser.complaints(), [])
            self.assertEqual(browser.dialogs(), [])
            self.assertEqual(set(browser.requests()) - {f"file://{file}", "data:,"}, set())
            with self.subTest("no script, no style"):
                self.is_readable_at_jenkins(browser, file)

    def shown(self, browser):
        return browser.value("byId('found').textContent")

    def rows_appear(self, browser):
        self.assertEqual(browser.value("document.getElementById('without-script').hidden"), True)
        names = browser.value(NAMES)
        browser.value("byId('all-tests').scrollIntoView()")
        names = browser.wait_until(f"{ROWS}.length > 10 && {NAMES}")
        self.assertEqual(names[:3], ["journal.recovery", "image.png", "cache.evicts"])
        self.assertEqual(browser.value("byId('table').getAttribute('aria-rowcount')"), "39")
        self.assertEqual(browser.value(f"{ROWS}[0].getAttribute('aria-rowindex')"), "2")

    def the_search_finds_names_and_reasons(self, browser):
        for text, names in (("JOURNAL", ["journal.recovery"]), ("sigsegv", ["cache.evicts"]),
                            ("overflow image", ["image.png"]), ("no such test", [])):
            browser.key("/", 191, "/")
            self.assertEqual(browser.value("document.activeElement.id + byId('search').value"), "search")
            browser.type(text)
            self.assertEqual(browser.value(NAMES), names, text)
            self.assertEqual(self.shown(browser), f"{len(names)} of 38 tests")
            browser.key("Escape", 27)
            self.assertEqual(self.shown(browser), "All 38 tests")
            browser.key("Escape", 27)
            self.assertEqual(browser.value("document.activeElement.tagName"), "BODY")

    def buttons_filter(self, browser):
        button = "[...document.querySelectorAll('#filters button')].find((one) => one.textContent.startsWith('{}'))"
        browser.value(button.format("crashed") + ".click()")
        self.assertEqual(browser.value(NAMES), ["cache.evicts", "codec.cases"])
        browser.value(button.format("flaky") + ".click()")
        self.assertEqual(browser.value(NAMES), ["cache.evicts", "net.upload", "codec.cases"])
        self.assertEqual(browser.value(button.format("flaky") + ".getAttribute('aria-pressed')"), "true")
        for name in ("crashed", "flaky"):
            browser.value(button.format(name) + ".click()")
        self.assertEqual(self.shown(browser), "All 38 tests")

    def heads_sort(self, browser):
        head = "document.querySelector('#heads .{}')"
        browser.value(head.format("wall") + ".firstChild.click()")
        self.assertEqual(browser.value(head.format("wall") + ".getAttribute('aria-sort')"), "descending")
        self.assertEqual(browser.value(NAMES)[0], "net.slow_peer")
        browser.value(head.format("name") + ".firstChild.click()")
        self.assertEqual(browser.value(NAMES)[:3], [HOSTILE, "auth.roles", "auth.tokens"])
        browser.value(head.format("number") + ".firstChild.click()")
        self.assertEqual(browser.value(NAMES)[0], "journal.recovery")

    def keys_move_and_unfold(self, browser):
        focused = "document.activeElement.textContent"
        browser.value("document.activeElement.blur()")
        for key, code, name in (("j", 74, "journal.recovery"), ("j", 74, "image.png"), ("ArrowDown", 40, "cache.evicts"),
                                ("k", 75, "image.png"), ("ArrowUp", 38, "journal.recovery")):
            browser.key(key, code, key if len(key) == 1 else "")
            self.assertEqual(browser.value(focused), name)
        browser.key("Enter", 13, "\r")
        self.assertEqual(browser.value("document.activeElement.getAttribute('aria-expanded')"), "true")
        text = browser.wait_until("document.querySelector('#rows .detail pre')?.textContent")
        self.assertIn("opening journal with 3 segments\n", text)
        self.assertNotIn("\x1b", text)
        browser.key("Escape", 27)
        self.assertEqual(browser.value("document.querySelector('#rows .detail')"), None)
        self.assertEqual(browser.value(focused), "journal.recovery")
        browser.key("Escape", 27)
        self.assertEqual(browser.value("document.activeElement.id"), "search")

    def the_timeline_is_drawn_and_told(self, browser):
        label = browser.value("byId('timeline-view').getAttribute('aria-label')")
        self.assertRegex(label, r"37 tests in \d+ lanes, 2 service generations in 1 lane")
        colours = browser.value("""(() => {
            const {width, height} = byId('timeline-view');
            const data = byId('timeline-view').getContext('2d').getImageData(0, 0, width, height).data;
            const found = new Set();
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255) found.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
            return found.size; })()""")
        self.assertGreater(colours, 4)
        browser.value("byId('timeline-view').scrollIntoView({block: 'center'})")
        browser.value("byId('zoom-in').click()")

    def the_timeline_lets_go(self, browser):
        """A pointer moves it until the button is released, or the browser takes the pointer away."""
        browser.value("byId('timeline-view').setPointerCapture = () => {}")  # no real pointer is there

        def picture_after(*events):
            for kind, x in events:
                browser.value(f"byId('timeline-view').dispatchEvent(new PointerEvent('{kind}', "
                              f"{{clientX: {x}, clientY: 0, pointerId: 1}}))")
            browser.value(THREE_FRAMES)
            return hashlib.sha256(browser.value("byId('timeline-view').toDataURL()").encode()).hexdigest()

        at_first = picture_after()
        moved = picture_after(("pointerdown", 500), ("pointermove", 300))
        self.assertNotEqual(moved, at_first)
        for end in ("pointerup", "pointercancel", "lostpointercapture"):
            with self.subTest(end):
                self.assertEqual(picture_after((end, 300), ("pointermove", 600)), moved)
            picture_after(("pointerdown", 500))

    def cases_have_outcomes(self, browser):
        browser.value("byId('search').focus()")
        browser.type("codec.cases")
        browser.value(f"{ROWS}[0].querySelector('button').click()")
        badges = browser.wait_until("[...document.querySelectorAll('#rows .cases .badge')]"
                                    ".map((one) => one.className + ': ' + one.textContent).join()")
        self.assertEqual(badges, "badge red: Failed,badge red: Crashed,badge good: Passed,badge other: Skipped")
        self.assertEqual(browser.value("document.querySelector('#rows .cases').parentNode.firstChild.textContent"),
                         "4 cases, 2 of them went wrong")
        browser.value("byId('search').focus()")
        browser.key("Escape", 27)

    def names_are_text(self, browser):
        browser.value("byId('search').focus()")
        browser.type("<img")
        self.assertEqual(browser.value(NAMES), [HOSTILE])
        browser.value(f"{ROWS}[0].querySelector('button').click()")
        browser.wait_until("document.querySelector('#rows .detail pre')?.textContent.includes('<img')")
        self.assertEqual(browser.value("document.querySelectorAll('img').length"), 0)
        self.assertEqual(browser.value("document.scripts.length - document.querySelectorAll('script[id]').length"), 1)

    def is_readable_at_jenkins(self, browser, file):
        for policy in (JENKINS, "sandbox; default-src 'none'"):
            with Served(file.parent, policy) as address:
                browser.open(f"{address}/{file.name}")
                self.is_readable(browser.visible_text())

    def is_readable(self, text):
        for said in ("7 of 38 tests went wrong", "planned", "38", "crashed", "journal.recovery", "Which is: 41",
                     "AddressSanitizer: heap-buffer-overflow", "signal 11 (SIGSEGV) after", HOSTILE, "Longest waits for locks",
                     "they need a script"):
            with self.subTest(said):
                self.assertIn(said, text)
        for hidden in ("Zoom in", "name or reason", "Whole run"):
            self.assertNotIn(hidden, text)


class ShardsInChromium(BundleCase, ChromiumCase):
    def test_a_page_of_shards(self):
        bundles = []
        for name in ("linux", "mac"):
            # The two run at the same time: each waits until the other runs.
            here = self.work / name
            meet = ': >"{0}-{1}"; until [ -e "{0}-{2}" ]; do sleep 0.01; done'
            tree = self.project(f"add_test(NAME both COMMAND sh -c [[{meet.format(here, 'both', 'one')}]])\n"
                                f"add_test(NAME of_{name} COMMAND sh -c [[{meet.format(here, 'one', 'both')}; exit 3]])\n",
                                f"project-{name}", f"build-{name}")
            self.ctest(tree, "-j2")
            wait_until(lambda tree=tree: no_keeper_of(tree), "the keeper to end")
            bundles.append(self.work / f"{name}.tar.gz")
            self.bundled(tree, file=bundles[-1])
        file = self.work / "all.html"
        self.shown("merge", *bundles, "--output", file, form="html")
        with Browser(self.work) as browser:
            browser.size(1200, 900)
            self.opened(browser, file)
            browser.value("byId('all-tests').scrollIntoView()")
            browser.wait_until(f"{ROWS}.length === 4")
            self.assertEqual(browser.value(f"{ROWS}.map((row) => row.querySelector('.badge').textContent)"),
                             ["linux", "linux", "mac", "mac"])
            browser.key("/", 191, "/")
            browser.type("mac")
            self.assertEqual(browser.value(NAMES), ["both", "of_mac"])
            self.assertIn("4 tests in 4 lanes", browser.value("byId('timeline-view').getAttribute('aria-label')"))
            # Clicks all along the lowest lane choose a test of the last shard.
            browser.value("""(() => {
                const canvas = byId('timeline-view');
                canvas.setPointerCapture = () => {};
                const {left, right, bottom} = canvas.getBoundingClientRect();
                for (let clientX = left; clientX < right; clientX += 2)
                    for (const type of ['pointerdown', 'pointerup'])
                        canvas.dispatchEvent(new PointerEvent(type, {clientX, clientY: bottom - 5, pointerId: 1}));
            })()""")
            self.assertIn("mac", browser.wait_until("document.querySelector('#rows tr.current')?.textContent"))
            self.assertEqual(browser.complaints(), [])


class Pictures(ChromiumCase):
    def test_pictures_of_the_guide(self):
        if "HOLDFAST_PICTURES" not in os.environ:
            self.skipTest("HOLDFAST_PICTURES does not say where to put the pictures")
        to = SOURCES / os.environ["HOLDFAST_PICTURES"]
        to.mkdir(parents=True, exist_ok=True)
        file = self.page(without=(HOSTILE, "net.slow_peer"))
        with Browser(self.work) as browser:
            browser.size(1080, 1380)
            for scheme in ("light", "dark"):
                browser.scheme(scheme)
                self.opened(browser, file)
                # Two failures are enough, and then the timeline. Paths are long here.
                browser.value("""
                    document.querySelectorAll('header code')[0].textContent = '/home/a/shop/build';
                    document.querySelectorAll('header code')[1].textContent = 'ctest -j6';
                    [...document.querySelectorAll('article')].slice(2).forEach((one) => one.remove());
                    document.querySelectorAll('#flaky, #left').forEach((one) => one.remove());
                    window.dispatchEvent(new Event("resize"))""")
                browser.value(THREE_FRAMES)
                browser.picture(to / f"report-{scheme}.png")
        (to / pictures.FILE).write_text(pictures.made_from())


class Measured(ChromiumCase):
    def test_times(self):
        if "HOLDFAST_REPORT" not in os.environ:
            self.skipTest("HOLDFAST_REPORT does not name a page")
        with Browser(self.work) as browser:
            browser.size(1200, 900)
            self.opened(browser, Path(os.environ["HOLDFAST_REPORT"]))
            paint = browser.value("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
            ready = browser.value("performance.now()")
            browser.value("byId('all-tests').scrollIntoView()")
            search = browser.value("""(async () => {
                const times = [];
                for (const text of ["s", "su", "suite1", "name_77", "zzz", ""]) {
                    const start = performance.now();
                    byId("search").value = text;
                    byId("search").dispatchEvent(new Event("input"));
                    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                    times.push(performance.now() - start);
                }
                return Math.max(...times); })()""")
            print(f"first paint {paint:.0f} ms, ready {ready:.0f} ms, longest search {search:.0f} ms")
            self.assertEqual(browser.complaints(), [])
            self.assertLess(paint, 1000)
            self.assertLess(search, 200)


if __name__ == "__main__":
    unittest.main()
