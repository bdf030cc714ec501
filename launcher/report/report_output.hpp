// Writes something large piece by piece to a file or to stdout.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "report/load.hpp"
#include "report/render.hpp"

namespace holdfast::cli {

// Takes the next piece. False: nothing more can be taken, so no further piece needs to be made.
using Take = std::function<bool(std::string_view)>;

// Makes all pieces. An error is one of what makes them, not of what takes them.
using Produce = std::function<Result<void>(const Take&)>;

// A reader never finds half a file: the file is written beside the target and renamed. If anything
// fails, or a signal ends this process, nothing is left of it. If `path` is a link, the file to
// which it leads is replaced. A device or pipe is written into, because its name belongs to
// everybody (/dev/null).
Result<void> write_whole(const std::filesystem::path& path, const Produce& produce);

// Writes the report of a run where it is wanted.

// Gives the whole report to `write`, for the reader that the environment tells of.
void produce(const LoadedReport& loaded, Format format, const Write& write);

// Part of the format github, if GitHub Actions runs us: adds to the page of the job.
Result<void> add_to_page(const LoadedReport& loaded, Format format);

// Writes to stdout, and adds to the page.
Result<void> print_report(const LoadedReport& loaded, Format format);

// The same to a file, as write_whole() writes one.
Result<void> write_report(const LoadedReport& loaded, Format format,
                          const std::filesystem::path& path);

}  // namespace holdfast::cli
