// Writes the report of a run where it is wanted.
#pragma once

#include <filesystem>

#include "core/base/result.hpp"
#include "report/load.hpp"
#include "report/render.hpp"

namespace holdfast::cli {

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
