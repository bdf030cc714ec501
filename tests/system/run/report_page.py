"""Reads a page that `holdfast report --format html` made (docs/reference/report-formats.md)."""

import base64
import gzip
import json
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """Knows the text of the plain part, the counts, and the blocks of data."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text, self.scripts, self.data = [], [], [], [], {}
        self.policy = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        self.tags.append((tag, about))
        if tag == "meta" and about.get("http-equiv") == "Content-Security-Policy":
            self.policy = about["content"]
        if tag not in VOID:
            self.open.append((tag, about))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        opened, _ = self.open.pop()
        if opened != tag:
            raise AssertionError(f"</{tag}> ends <{opened}>")

    def handle_data(self, data):
        inside, about = self.open[-1] if self.open else (None, {})
        if inside == "script" and "id" in about:
            self.data[about["id"]] = json.loads(gzip.decompress(base64.b64decode(data, validate=True)))
        elif inside == "script":
            self.scripts.append(data)
        elif inside != "style":
            self.text.append(data)

    @property
    def words(self):
        return "".join(self.text)

    def names(self):
        columns, names = self.data["columns"], [""]
        for shared, rest in zip(columns["shared"], columns["rest"]):
            names.append(names[-1][:shared] + rest)
        return names[1:]
