// The one entry to all formats, for `holdfast report --format`.
#pragma once

#include "report/load.hpp"
#include "report/model.hpp"
#include "values/report_request.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace holdfast {

using Format = ReportFormat;

// Takes a report piece by piece: the report of a large run would not fit into memory.
using Write = std::function<void(std::string_view)>;

// Who reads a JUnit file. Jenkins' xUnit plugin refuses a file in which a test case has more than
// its schema names: a file, a line, properties. GitLab and Buildkite read these.
enum class JunitReader : std::uint8_t { any, jenkins };

// Writes the whole report, with a newline at its end. Never fails, whatever bytes names and outputs
// contain.
void render(const RunReport& report, Outputs& outputs, Format format, const Write& write,
            JunitReader reader);

// The renderers, one for each row of values/report_formats.def:
//
//   text    for people, on a terminal
//   json    for programs: docs/reference/report-formats.md; fields may be added, never renamed
//   junit   XML in the dialect of Maven Surefire (flakyFailure, rerunFailure)
//   tap     the Test Anything Protocol, version 13
//   trace   a timeline for Perfetto and Chromium: build steps, tests with their waits, services
//   github  annotations as GitHub Actions takes them from the output of a step: failures first, and
//           no more of each kind than GitHub shows
//   html    a page for people, in one file
#define HOLDFAST_REPORT_FORMAT(name, ...)                                           \
  void render_##name(const RunReport& report, Outputs& outputs, const Write& write, \
                     JunitReader reader);
#include "values/report_formats.def"

// The item of a test in the list `tests` of the JSON format, in one line.
std::string json_of(const TestReport& test, Outputs& outputs);

// What `holdfast end` prints when ctest ends: complete lines, each with "holdfast: " in front. They
// say how many tests ran through Holdfast and how they ended, which tests did not, and why. Lists
// are bounded: the length does not grow with the run.
std::string render_summary(const RunReport& report);

// What GitHub Actions shows of a job, in Markdown: the failures with the end of their outputs, and
// what else is worth knowing. Returns at most `room` bytes. Empty: the page needs more.
std::string github_summary(const RunReport& report, Outputs& outputs, std::size_t room);

}  // namespace holdfast
