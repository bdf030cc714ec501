#!/usr/bin/env python3
"""Puts faults into sources below launcher/ that can be switched on one by one (README.md).

instrument.py SOURCE…: writes them anew and adds to mutants.json.
instrument.py --undo NUMBER…: takes out those that do not compile."""

import json
import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
LIST = TREE / "mutants.json"
MACRO = """
#include "base/faults.hpp"
#define FAULT_DO(number, ...) FAULT_DO_AS(HOLDFAST_UNIQUE(__LINE__), number, __VA_ARGS__)
#define FAULT_DO_AS(result, number, ...) \\
  if (const Result<void> result = __VA_ARGS__; !result && !faults::on(number)) return result.error()
"""


class Source:
    def __init__(self, path, first, index):
        from clang.cindex import CursorKind
        self.kinds = CursorKind
        self.path = path
        self.bytes = path.read_bytes()
        self.number = first
        self.edits = []  # (offset, rank, text): at one offset the lower rank comes first
        self.mutants = []
        self.seen = set()
        unit = index.parse(str(path), ["-x", "c++", "-std=gnu++20", '-DHOLDFAST_VERSION="0"', "-D_GNU_SOURCE",
                                       f"-I{TREE}/launcher", f"-I{TREE}/ctest-integration/include", "-w"], options=1)
        own = [one for one in unit.cursor.get_children() if one.location.file and one.location.file.name == str(path)]
        self.macros = [(one.extent.start.offset, one.extent.end.offset, one.spelling) for one in own
                       if one.kind == CursorKind.MACRO_INSTANTIATION]
        for one in own:
            if not one.kind.is_preprocessing():
                self.walk(one)
        for begin, end, name in self.macros:
            if name == "HOLDFAST_DO" and self.bytes[begin:].startswith(b"HOLDFAST_DO("):
                number = self.add("lost error", begin, end)
                self.edits.append((begin, 0, (len("HOLDFAST_DO("), f"FAULT_DO({number}, ")))

    def text(self, begin, end):
        return self.bytes[begin:end].decode(errors="replace")

    def span(self, node):
        return node.extent.start.offset, node.extent.end.offset

    def is_macro(self, node):
        """Also of a file that is included in the middle, a table of rows for instance."""
        begin, end = self.span(node)
        file = node.extent.start.file
        return file is None or file.name != str(self.path) or end <= begin or any(a <= begin < b or a < end <= b for a, b, _ in self.macros)

    def add(self, kind, begin, end, count=1):
        number = self.number
        self.number += count
        self.mutants.append({"number": number, "kind": kind, "file": str(self.path.relative_to(TREE)),
                             "line": self.bytes[:begin].count(b"\n") + 1,
                             "text": " ".join(self.text(begin, end).split())[:160]})
        return number

    def wrap(self, node, function, number):
        begin, end = self.span(node)
        # The outer one of two that begin or end together is the longer one.
        self.edits.append((begin, 1000000 - (end - begin), f"faults::{function}({number}, static_cast<bool>("))
        self.edits.append((end, begin - end, "))"))

    def operator(self, node):
        """`&&` or `||` between the two sides of a node; none: it is something else."""
        sides = list(node.get_children())
        if node.kind != self.kinds.BINARY_OPERATOR or len(sides) != 2:
            return None
        between = re.sub(r"//[^\n]*", "", self.text(sides[0].extent.end.offset, sides[1].extent.start.offset))
        between = between.strip(" \n()!")
        return between if between in ("&&", "||") else None

    def plain(self, node):
        """Without the parentheses and conversions around it."""
        while node.kind in (self.kinds.UNEXPOSED_EXPR, self.kinds.PAREN_EXPR):
            inner = list(node.get_children())
            is_paren = node.kind == self.kinds.PAREN_EXPR
            if len(inner) != 1 or (not is_paren and self.span(inner[0]) != self.span(node)):
                break
            node = inner[0]
        return node

    def terms(self, node):
        """Whether it has terms, each of which can be dropped."""
        node = self.plain(node)
        operator = self.operator(node)
        if operator is None:
            return False
        self.seen.add(node.hash)
        for side in node.get_children():
            if not self.terms(side) and not self.is_macro(side):
                number = self.add("term of " + operator, *self.span(side))
                self.wrap(side, "always" if operator == "&&" else "never", number)
        return True

    def condition(self, node):
        if self.is_macro(node) or self.terms(node):
            return
        number = self.add("never", *self.span(node), count=2)
        self.mutants.append(self.mutants[-1] | {"number": number + 1, "kind": "always"})
        self.wrap(node, "both", number)

    def statement(self, node, is_branch):
        if not node.kind.is_expression() or self.is_macro(node):
            return
        begin, end = self.span(node)
        semicolon = re.match(rb"\s*;", self.bytes[end:end + 40])
        inner = self.plain(node)
        is_assignment = inner.kind == self.kinds.BINARY_OPERATOR and self.operator(inner) is None and re.match(
            r"[\w.>\[\]()*-]+ = ", self.text(begin, end))
        if not semicolon or not (inner.kind == self.kinds.CALL_EXPR or is_assignment):
            return
        number = self.add("left out", begin, end)
        # With braces, an `else` stays with its own `if`.
        self.edits.append((begin, 0, ("{ " if is_branch else "") + f"if (!faults::on({number})) "))
        if is_branch:
            self.edits.append((end + semicolon.end(), 0, " }"))

    def walk(self, node):
        kinds = self.kinds
        children = list(node.get_children())
        if node.kind == kinds.IF_STMT and not self.text(*self.span(node)).startswith("if constexpr"):
            declared = [one for one in children[:1] if not one.kind.is_expression()]
            condition = children[len(declared)] if len(children) > len(declared) else None
            is_inside = condition and declared and declared[0].kind == kinds.VAR_DECL
            if condition is not None and condition.kind.is_expression() and not is_inside:
                self.condition(condition)
        elif node.kind == kinds.CONDITIONAL_OPERATOR and children:
            self.condition(children[0])
        elif node.kind == kinds.BINARY_OPERATOR and node.hash not in self.seen and not self.is_macro(node):
            self.terms(node)
        for place, child in enumerate(children):
            if node.kind == kinds.COMPOUND_STMT or (node.kind == kinds.IF_STMT and place > 0):
                self.statement(child, node.kind == kinds.IF_STMT)
            # What the compiler makes by itself has no text of its own.
            is_made = child.kind in (kinds.CXX_METHOD, kinds.FUNCTION_DECL) and "{" not in self.text(*self.span(child))
            if not is_made:
                self.walk(child)

    def write(self):
        out, at = [b'#include "base/faults.hpp"\n'], 0
        for offset, _, text in sorted(self.edits, key=lambda edit: edit[:2]):
            out.append(self.bytes[at:offset])
            at = offset
            if isinstance(text, tuple):
                at, text = offset + text[0], text[1]
            out.append(text.encode())
        self.path.write_bytes(b"".join(out) + self.bytes[at:])


def undo(numbers, mutants):
    """Takes out conditions: the call around each of them goes."""
    for one in [one for one in mutants if one["number"] in numbers]:
        path = TREE / one["file"]
        text = path.read_text()
        call = re.search(rf"faults::(never|always|both)\({one['number']}, static_cast<bool>\(", text)
        if call is None:
            continue
        end, depth = call.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        path.write_text(text[:call.start()] + text[call.end():end - 1] + text[end + 1:])
    return [one for one in mutants if one["number"] not in numbers]


def main():
    mutants = json.loads(LIST.read_text()) if LIST.exists() else []
    if sys.argv[1:2] == ["--undo"]:
        mutants = undo({int(word) for word in sys.argv[2:]}, mutants)
    else:
        from clang.cindex import Config, Index
        Config.set_library_file("/usr/lib/llvm-14/lib/libclang-14.so.1")
        header = TREE / "launcher/base/faults.hpp"
        result = TREE / "launcher/base/result.hpp"
        if not header.exists():
            header.write_bytes((pathlib.Path(__file__).parent / "faults.hpp").read_bytes())
            result.write_text(result.read_text().replace("#pragma once\n", "#pragma once\n" + MACRO, 1))
        for name in sys.argv[1:]:
            first = max((one["number"] for one in mutants), default=0) + 2
            source = Source(pathlib.Path(name).resolve(), first, Index.create())
            source.write()
            mutants += source.mutants
            print(name, len(source.mutants), flush=True)
    LIST.write_text(json.dumps(mutants))


if __name__ == "__main__":
    main()
