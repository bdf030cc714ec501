#include "report/run_outputs.hpp"

#include "core/base/names.hpp"
#include "core/service/log_gap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace holdfast {
namespace {

constexpr std::string_view k_gap = "\n[... {} bytes left out ...]\n";

std::size_t limit_of(Outcome outcome) {
  return outcome == Outcome::passed ? k_output_limit_passed : k_output_limit;
}

// Reads from the file of a generation's output the part that the test's use of it made. What the
// service prints over its limit is left out there already (core/service/log_gap.hpp).
std::string read_service_output(const ServiceOutput& part, const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(file, failed);
  if (failed) return {};
  const OutputPlace mark{file.string(), part.head, size > part.head ? k_longest_mark : 0};
  const LogLayout log = layout_of(part.head, read_bounded(stream, mark, k_longest_mark, k_gap));
  const std::uint64_t from = std::min(size, begin_in_file(log, part.from));
  const std::uint64_t to = part.to ? end_in_file(log, *part.to) : size;
  stream.clear();
  const OutputPlace place{file.string(), from, std::max(from, std::min(to, size)) - from};
  std::string text = read_bounded(stream, place, k_service_output_limit, k_gap);
  // As long as it runs, the end of a long output is in files of their own.
  if (to > size)
    text += fmt::format("\n[... {} bytes are not in {} ...]\n", to - std::max(from, size),
                        file.filename().string());
  return text;
}

}  // namespace

RunOutputs::RunOutputs(std::filesystem::path run_directory, double from, double to)
    : directory_(std::move(run_directory)), logged_(from, to) {}

std::filesystem::path RunOutputs::own_file(const std::filesystem::path& log) const {
  return directory_ / names::k_output_directory / log.filename();
}

Printed RunOutputs::of(const TestReport& test) {
  if (!test.part_of.empty()) return {of_case(test.output_place, test.outcome), {}};
  if (test.attempts.empty()) return {};
  if (!test.output_place)
    return {{}, "ctest's log had not been read when the run ended, or has nothing of it"};
  const std::size_t limit = limit_of(test.outcome);
  const std::filesystem::path log = test.output_place->log;
  OutputPlace kept = *test.output_place;
  if (log.filename() == names::k_kept_output_file) kept.log = own_file(log).string();
  Result<std::string> output = log.filename() == names::k_kept_output_file
                                   ? read_kept_output(kept, limit)
                                   : logged_.read(kept, test.name, limit);
  if (!output) return {{}, to_text(output.error())};
  return {*std::move(output), {}};
}

std::string RunOutputs::of(const Case& one) { return of_case(one.output_place, one.outcome); }

std::string RunOutputs::of(const Attempt& earlier) {
  if (earlier.log.empty()) return {};
  const std::filesystem::path log = own_file(earlier.log);
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(log, failed);
  if (failed) return {};
  const Result<std::string> output = read_kept_output({log.string(), 0, size}, k_output_limit);
  return output ? *output : std::string();
}

std::string RunOutputs::of_case(const std::optional<OutputPlace>& place, Outcome outcome) {
  if (!place) return {};
  const std::filesystem::path log = own_file(place->log);
  if (log != opened_) {
    cases_ = std::ifstream(log, std::ios::binary);
    opened_ = log;
  }
  if (!cases_.is_open()) return {};
  return read_bounded(cases_, *place, limit_of(outcome), k_gap);
}

std::string RunOutputs::of(const ServiceOutput& part) {
  const std::filesystem::path log = part.log;
  return read_service_output(part, directory_ / names::k_services_directory / log.filename());
}

}  // namespace holdfast
