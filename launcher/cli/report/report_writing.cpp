#include "cli/report/report_writing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/report/report_output.hpp"
#include "core/base/environment.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::cli {
namespace {

// GitHub takes at most this much of a step.
constexpr std::size_t k_step_summary_limit = 1U << 20U;

std::string value_of(std::string_view variable) {
  const char* const value = std::getenv(std::string(variable).c_str());
  return value == nullptr ? "" : value;
}

// Adds to the page of the job, if GitHub Actions runs us.
Result<void> add_to_job_page(const RunReport& report, Outputs& outputs) {
  const std::string path = value_of(environment::k_github_step_summary);
  if (path.empty()) return {};
  const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  struct stat there {};
  if (!file.valid() || ::fstat(file.get(), &there) != 0) {
    return os::system_error("write the job's summary to " + path);
  }
  const auto taken = static_cast<std::size_t>(std::max<off_t>(there.st_size, 0));
  const std::size_t room = k_step_summary_limit - std::min(taken, k_step_summary_limit);
  const std::string text = github_summary(report, outputs, room);
  if (text.empty()) {
    return Error{
        fmt::format("write the job's summary to {}: it has {} bytes already, and GitHub takes {}",
                    path, taken, k_step_summary_limit)};
  }
  if (!os::write_all(file.get(), text)) {
    return os::system_error("write the job's summary to " + path);
  }
  return {};
}

Produce producer_of(const LoadedReport& loaded, Format format) {
  return [&loaded, format](const Take& take) {
    produce(loaded, format, [&](std::string_view piece) { take(piece); });
    return Result<void>();
  };
}

}  // namespace

void produce(const LoadedReport& loaded, Format format, const Write& write) {
  const bool in_jenkins = !value_of(environment::k_jenkins_url).empty();
  render(loaded.report, *loaded.outputs, format, write,
         in_jenkins ? JunitReader::jenkins : JunitReader::any);
}

Result<void> add_to_page(const LoadedReport& loaded, Format format) {
  if (format != Format::github) return {};
  return add_to_job_page(loaded.report, *loaded.outputs);
}

Result<void> print_report(const LoadedReport& loaded, Format format) {
  const Result<void> printed =
      write_pieces(STDOUT_FILENO, "to stdout", producer_of(loaded, format));
  return printed ? add_to_page(loaded, format) : printed;
}

Result<void> write_report(const LoadedReport& loaded, Format format,
                          const std::filesystem::path& path) {
  // Other processes go on writing to what /dev/stdout leads to.
  if (is_at(path.string(), STDOUT_FILENO)) return print_report(loaded, format);
  const Result<void> written = write_whole(path, producer_of(loaded, format));
  return written ? add_to_page(loaded, format) : written;
}

}  // namespace holdfast::cli
