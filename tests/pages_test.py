"""The Markdown pages: the targets of their links exist, and their lines are not too long to read.
Pages that list names have all of them."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/system"))

import pictures  # noqa: E402

DOCS = ROOT / "docs"
COLUMNS = 100
LINK = re.compile(r"\]\(([^)\s]*)\)")
PATH_OF_PAGE = re.compile(r"(?<![\w/.-])docs/[\w./-]*\w")
BAR = re.compile(r"(?<!\\)\|")


# Without builds, caches and git's own files.
TOPS = [path for path in ROOT.iterdir() if path.name != ".git" and not path.name.startswith("build")]
FILES = [path for top in TOPS for path in [top, *top.rglob("*")]
         if path.is_file() and "__pycache__" not in path.parts]
PAGES = [path for path in FILES if path.suffix == ".md"]


def prose_of(page):
    """The lines with their numbers, without code, fenced or indented."""
    is_fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_fenced = not is_fenced
        elif not is_fenced and not line.startswith("    "):
            yield number, line


def anchors_of(page):
    """The anchors that GitHub makes of a page's headings."""
    headings = [line.lstrip("#").strip() for _, line in prose_of(page) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(named):
    """`docs/internals/decisions/0009` means the page whose name begins with that."""
    return (ROOT / named).exists() or any(ROOT.glob(f"{named}-*.md"))


def code_of(page):
    """What is between backticks, a line for each."""
    return "\n".join(re.findall(r"`([^`]+)`", "\n".join(line for _, line in prose_of(page))))


def has_name(text, name, before=r"(?<![\w-])", after=r"(?![\w-])"):
    return re.search(before + re.escape(name) + after, text) is not None


class PagesCase(unittest.TestCase):
    def assert_none(self, found):
        if found:
            self.fail("\n" + "\n".join(found))


class Pages(PagesCase):
    def test_each_link_leads_to_a_file_and_a_heading_that_are_there(self):
        lost = []
        for page in PAGES:
            for number, line in prose_of(page):
                for target in LINK.findall(line):
                    if "://" in target:
                        continue
                    name, _, heading = target.partition("#")
                    led = page.parent / name if name else page
                    if not led.exists() or (heading and heading not in anchors_of(led)):
                        lost.append(f"{page.relative_to(ROOT)}:{number}: {target}")
        self.assert_none(lost)

    def test_each_page_that_a_file_names_by_its_path_is_there(self):
        lost, names = [], 0
        for path in FILES:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                for named in PATH_OF_PAGE.findall(line):
                    names += 1
                    if not is_there(named):
                        lost.append(f"{path.relative_to(ROOT)}:{number}: {named}")
        self.assertGreater(names, 100)
        self.assert_none(lost)

    def test_each_file_that_a_folder_of_launcher_names_is_in_it(self):
        pages = [page for page in PAGES if page.is_relative_to(ROOT / "launcher")]
        self.assert_none([f"{page.relative_to(ROOT)}: {name}" for page in pages
                          for name in re.findall(r"^[\w/]+\.(?:hpp|cpp|def)$", code_of(page), re.MULTILINE)
                          if not any(page.parent.rglob(name)) and not (ROOT / "launcher" / name).exists()])

    def test_each_unit_of_launcher_that_the_map_names_is_there(self):
        """`folder/unit`, or `folder/{unit,unit}`; a unit is a header, a source or a list of rows."""
        page = ROOT / "docs/internals/architecture.md"
        folders = {path.name for path in (ROOT / "launcher").iterdir() if path.is_dir()}
        named = [(folder, unit) for folder, units in re.findall(r"^(\w+)/([\w/.{},]+)$", code_of(page), re.MULTILINE)
                 if folder in folders for unit in units.strip("{}").split(",")]
        self.assertGreater(len(named), 50)
        self.assert_none([f"{folder}/{unit}" for folder, unit in named
                          if not (ROOT / "launcher" / folder / unit).exists()
                          and not any((ROOT / "launcher" / folder).glob(f"{unit}.*"))])

    def test_the_index_names_each_page(self):
        index = {(DOCS / target).resolve() for target in LINK.findall((DOCS / "README.md").read_text())}
        pages = {page for page in PAGES if page.is_relative_to(DOCS)} - {DOCS / "README.md"}
        self.assert_none(sorted(str(page.relative_to(ROOT)) for page in pages - index))

    def test_no_line_of_prose_is_longer_than_100_columns(self):
        """A row of a table, and an entry of the list of changes, is one line."""
        self.assert_none([f"{page.relative_to(ROOT)}:{number}: {len(line)} columns" for page in PAGES
                          if page.name != "CHANGELOG.md" for number, line in prose_of(page)
                          if len(line) > COLUMNS and not line.startswith("|")])

    def test_each_row_of_a_table_has_as_many_cells_as_its_head(self):
        broken = []
        for page in PAGES:
            head = None
            for number, line in prose_of(page):
                cells = len(BAR.findall(line)) if line.startswith("|") else None
                if head and cells and cells != head:
                    broken.append(f"{page.relative_to(ROOT)}:{number}")
                head = (head or cells) if cells else None
        self.assert_none(broken)


class Pictures(PagesCase):
    def test_they_are_of_the_page_that_reports_have(self):
        for picture in ("report-light.png", "report-dark.png"):
            self.assertTrue((DOCS / "guide/pictures" / picture).read_bytes().startswith(b"\x89PNG"))
        self.assertEqual((DOCS / "guide/pictures" / pictures.FILE).read_text(), pictures.made_from(),
                         "made of another page: launcher/report/html/README.md says how to make them again")


class Lists(PagesCase):
    def test_the_page_on_names_on_disk_has_each_name_of_the_programs(self):
        """A prefix is on the page with something after it, and a suffix with something before it."""
        page = code_of(DOCS / "reference/on-disk.md")
        header = (ROOT / "launcher/base/names.hpp").read_text()
        names = re.findall(r'string_view k_(\w+) = "([^"]+)";', header)
        self.assertEqual(len(names), header.count("string_view k_"))
        missing = []
        for constant, name in names:
            shown = name.removeprefix(".holdfast/")
            if constant.endswith("_prefix"):
                found = has_name(page, shown, after=r"[<\w]")
            else:
                found = has_name(page, shown, **({"before": ""} if shown.startswith(".") else {}))
            if not found:
                missing.append(f"k_{constant}: {name}")
        self.assert_none(missing)

    def test_the_page_on_names_on_disk_has_each_name_of_the_cmake_files(self):
        page = code_of(DOCS / "reference/on-disk.md")
        text = "".join(file.read_text() for folder in ("cmake", "ctest-integration")
                       for file in sorted((ROOT / folder).glob("*.cmake")))
        names = set(re.findall(r"\.holdfast/([a-z][\w.-]*)", text))
        self.assertGreater(len(names), 10)
        self.assert_none(sorted(name for name in names if not has_name(page, name)))

    def test_the_module_that_users_include_names_each_property(self):
        table = (ROOT / "launcher/values/table.def").read_text()
        rows = re.findall(r'^HOLDFAST_SETTING\((\w+), .*,\n  ".*",\n  "(\w*)", ', table, re.MULTILINE)
        self.assertEqual(len(rows), len(re.findall(r"^HOLDFAST_SETTING\(", table, re.MULTILINE)))
        header = (ROOT / "ctest-integration/Holdfast.cmake").read_text().partition("#]===")[0]
        described = re.findall(r"^``(HOLDFAST_\w+)``$", header, re.MULTILINE)
        properties = [f"HOLDFAST_{name}" for _, name in rows if name]
        self.assertIn("HOLDFAST_LOCKS", properties)
        self.assert_none(sorted(set(properties) - set(described)))


if __name__ == "__main__":
    unittest.main()
