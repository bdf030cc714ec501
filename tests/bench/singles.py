"""What IDEs do: they start one ctest for each test, many at once in one build tree."""

from measuring import Commands, quietly
from suite import timed, trees

AT_ONCE = 12


def together(tree):
    """Starts a ctest for each test, and fails if one of them does."""
    script = (f'cd "$0"; for n in $(seq {AT_ONCE}); do ctest -R "^t\\.$n$" & all="$all $!"; done; '
              "for one in $all; do wait $one || exit 1; done")
    return ["sh", "-c", script, tree]


def at_once(what, command, bound=None, aim=None):
    def plan(bench):
        plain, attached = trees(bench, AT_ONCE, command)
        # Makes the locks' files, which stay.
        quietly(together(attached))
        return Commands({"plain": ["--", *together(plain)], "attached": ["--", *together(attached)]}, 9)

    return timed(f"{AT_ONCE} ctest of one test each, at once, {what}", plan, bound, aim)


# Tests of 0.3 s, as when such runs were found to wait for one another (3.86 s in place of 0.39 s).
MEASUREMENTS = [at_once("of 0.3 s", "sleep 0.3", bound=1.50), at_once("of none", "", aim=1.50)]
