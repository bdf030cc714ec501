// Loads the report of a run, and writes it where it is wanted.
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.hpp"
#include "report/load.hpp"
#include "report/render.hpp"

namespace holdfast::cli {

struct LoadedReport {
  RunReport report;
  std::unique_ptr<Outputs> outputs;
};

// With the steps of the build before it.
Result<LoadedReport> load_whole_report(const RunEntry& run, RunState state);

// Gives the whole report to `write`, for the reader that the environment tells of.
void produce(const LoadedReport& loaded, Format format, const Write& write);

// Part of the format github, if GitHub Actions runs us: adds to the page of the job.
Result<void> add_to_page(const LoadedReport& loaded, Format format);

// Writes to stdout, and adds to the page.
Result<void> print_report(const LoadedReport& loaded, Format format);

// The same to a file. A reader never finds half a report: the file is written beside the target and
// renamed. If `path` is a link, the file to which it leads is replaced. A device or pipe is written
// into, because its name belongs to everybody (/dev/null).
Result<void> write_report(const LoadedReport& loaded, Format format,
                          const std::filesystem::path& path);

}  // namespace holdfast::cli
