"""Says each circle of includes below launcher/: among files, and among rooms (folders)."""

import pathlib
import re

TOP = pathlib.Path("launcher")


def includes(source):
    return re.findall(r'^ *#include "([^"]+)"', source.read_text(), re.MULTILINE)


def unit_of(path):
    """A header and its source are one: room/name."""
    return re.sub(r"\.[ch]pp$", "", path)


def circles(arrows):
    """Those sets of more than one that all reach each other (Tarjan's algorithm)."""
    number, lowest, path, found = {}, {}, [], []

    def visit(one):
        number[one] = lowest[one] = len(number)
        path.append(one)
        for other in arrows.get(one, ()):
            if other not in number:
                visit(other)
            if other in path:
                lowest[one] = min(lowest[one], lowest[other])
        if lowest[one] == number[one]:
            at = path.index(one)
            circle = path[at:]
            del path[at:]
            if len(circle) > 1:
                found.append(sorted(circle))

    for one in sorted(arrows):
        if one not in number:
            visit(one)
    return found


def main():
    units, rooms = {}, {}
    for source in sorted(TOP.rglob("*.[ch]pp")):
        name = source.relative_to(TOP).as_posix()
        unit, room = unit_of(name), str(pathlib.PurePath(name).parent)
        units.setdefault(unit, set())
        rooms.setdefault(room, set())
        for included in includes(source):
            if not (TOP / included).exists():
                continue
            units[unit] |= {unit_of(included)} - {unit}
            rooms[room] |= {str(pathlib.PurePath(included).parent)} - {room}
    for kind, arrows in (("files", units), ("rooms", rooms)):
        for circle in circles(arrows):
            print(f"a circle of {kind}: {', '.join(circle)}")


main()
