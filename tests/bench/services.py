"""What a service that is well costs a test that uses it, and one that does not."""

from measuring import TIME, Commands, Measurement, Row, attached_to


def tree(bench, name, services):
    """A build tree whose project declares the services."""
    source = bench.fresh_directory(f"services-{name}")
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(Services LANGUAGES NONE)\nenable_testing()\n" + services)
    return bench.configure(source, source / "tree", f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}")


def services(bench):
    server = bench.program("small_server")
    declared = "".join(
        f'holdfast_add_service({name} COMMAND "{server}" {{port}} PORTS 1 READY_TCP "127.0.0.1:{{port}}" {health})\n'
        for name, health in (("tcp", ""), ("command", f'HEALTH_COMMAND "{bench.program("true")}"')))
    with_services, without = tree(bench, "declared", declared), tree(bench, "none", "")
    launcher = ["--", bench.launcher, "--name", "t", "--", bench.program("true")]
    return Commands({
        "floor": ["--", bench.program("true")],
        "none used": [attached_to(with_services), *launcher],
        "none declared": [attached_to(without), *launcher],
        "tcp": [attached_to(with_services), "HOLDFAST_P_SERVICES=tcp", *launcher],
        "command": [attached_to(with_services), "HOLDFAST_P_SERVICES=command", *launcher],
    }, 400)


def rows(_, samples):
    launch, floor = samples["none used"].wall, samples["floor"].wall
    without = samples["none declared"].wall
    tcp, command = (samples[use].wall - launch for use in ("tcp", "command"))
    return [
        Row("a service that is well, TCP: added to a launch / launch", tcp / launch, 0.15, None,
            f"{tcp:.0f} us / {launch:.0f} us"),
        Row("a service that is well, HEALTH_COMMAND: added / launch and the command", command / (launch + floor),
            1.00, None, f"{command:.0f} us / {launch + floor:.0f} us"),
        Row("a test without services: in a project with services / without", launch / without, 1.01, None,
            f"{launch:.0f} us / {without:.0f} us"),
    ]


MEASUREMENTS = [Measurement("services", services, rows,
                            {name: (TIME,) for name in ("none used", "tcp", "command")})]
