"""Says what is wrong with the includes below launcher/: arrows that go upwards, circles among files and
among folders, folders that do not use what their targets say (launcher/*/CMakeLists.txt), and units that are
not pure and should be: those of base and values, and those that say `Pure.` or `Pure:` at their top."""

import pathlib
import re

TOP = pathlib.Path("launcher")
SYSTEM = re.compile(r"#include <((?:sys|linux)/[^>]*|(?:unistd|fcntl|poll|signal|time)\.h|csignal|ctime|filesystem|"
                    r"fstream|iostream|thread)>")


def includes(source):
    return re.findall(r'^ *#include "([^"]+)"', source.read_text(), re.MULTILINE)


def order():
    """The folders, each after those that it may include; the programs are last."""
    text = (TOP / "CMakeLists.txt").read_text()
    return re.search(r"foreach\(feature IN ITEMS(.*?)\)", text, re.DOTALL)[1].split() + ["programs"]


def said_uses(folder):
    found = re.search(r"^  USES ([^)]*)\)", (TOP / folder / "CMakeLists.txt").read_text(), re.MULTILINE)
    return set(found[1].split()) if found else set()


def unit_of(path):
    """A header and its source are one: folder/name."""
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


def is_said_pure(source):
    head = re.split(r"^#", source.read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    return source.relative_to(TOP).parts[0] in ("base", "values") or re.search(r"\bPure[.:]", head)


def impurities():
    """A pure unit includes only pure ones, so nothing below it calls the system."""
    sources = sorted(TOP.rglob("*.[ch]pp"))
    pure = {unit_of(source.relative_to(TOP).as_posix()) for source in sources if is_said_pure(source)}
    for source in sources:
        name = source.relative_to(TOP).as_posix()
        if unit_of(name) not in pure:
            continue
        text = source.read_text()
        not_pure = [one for one in includes(source) if unit_of(one) not in pure and not one.endswith(".def")]
        for one in not_pure + SYSTEM.findall(text):
            yield f"launcher/{name} is pure and includes {one}"


def main():
    units, folders, uses = {}, {}, {}
    rank = {folder: number for number, folder in enumerate(order())}
    for source in sorted(TOP.rglob("*.[ch]pp")):
        name = source.relative_to(TOP).as_posix()
        unit, folder = unit_of(name), str(pathlib.PurePath(name).parent)
        feature = name.split("/")[0]
        units.setdefault(unit, set())
        folders.setdefault(folder, set())
        for included in includes(source):
            if not (TOP / included).exists():
                print(f"launcher/{name} includes {included}: expected a path from launcher/")
                continue
            other = included.split("/")[0]
            if other != feature:
                uses.setdefault(feature, set()).add(other)
                if rank[other] > rank[feature]:
                    print(f"launcher/{name} includes {included}: {other} comes after {feature}")
            units[unit] |= {unit_of(included)} - {unit}
            folders[folder] |= {str(pathlib.PurePath(included).parent)} - {folder}
    for feature in rank:
        if feature != "programs" and said_uses(feature) != uses.get(feature, set()):
            differ = " ".join(sorted(said_uses(feature) ^ uses.get(feature, set())))
            print(f"launcher/{feature}/CMakeLists.txt: USES and the includes differ by {differ}")
    for line in impurities():
        print(line)
    for kind, arrows in (("files", units), ("folders", folders)):
        for circle in circles(arrows):
            print(f"a circle of {kind}: {', '.join(circle)}")


main()
