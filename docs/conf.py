"""docs as a site, by Sphinx: ./dev site. The pages are Markdown, and are read as GitHub reads them."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent

project = "Holdfast"
author = "The Holdfast developers"
copyright = "2026, The Holdfast developers"  # pylint: disable=redefined-builtin
release = re.search(r"VERSION (\S+)", (DOCS.parent / "CMakeLists.txt").read_text())[1]
extensions = ["myst_parser"]
root_doc = "README"
source_suffix = {".md": "markdown"}
exclude_patterns = ["conf.py"]
html_theme = "furo"
html_title = f"Holdfast {release}"
html_show_sourcelink = False
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)")


SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def contents_of(page):
    """What the site has at its side: the tables of README.md, which name each page (pages_test.py)."""
    _, *parts = SECTION.split(page)
    for caption, text in zip(parts[::2], parts[1::2]):
        names = [link[2].removesuffix(".md") for link in LINK.finditer(text) if link[2].endswith(".md")]
        yield "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *dict.fromkeys(names), "```", ""])


def without_links_elsewhere(_, name, source):
    """What is not below docs is not part of the site: of such a link, its text stays."""
    place = (DOCS / name).parent

    def shown(link):
        target = (place / link[2]).resolve()
        return link[0] if target.is_relative_to(DOCS) else link[1]
    contents = "".join(contents_of(source[0])) if name == root_doc else ""
    source[0] = LINK.sub(shown, source[0]) + contents


def setup(app):
    app.connect("source-read", without_links_elsewhere)
