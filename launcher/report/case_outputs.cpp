#include "report/case_outputs.hpp"

#include "core/base/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace holdfast {
namespace {

std::string part(std::ifstream& file, std::uint64_t offset, std::uint64_t length) {
  std::string text(length, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(text.data(), static_cast<std::streamsize>(length));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

// Keeps the beginning and the end of longer output, as reports do for a test.
std::string bounded(std::ifstream& file, const OutputPlace& place, std::uint64_t limit) {
  if (place.length <= limit) return part(file, place.offset, place.length);
  const std::uint64_t half = limit / 2;
  return part(file, place.offset, half) +
         fmt::format("\n[... {} bytes left out ...]\n", place.length - 2 * half) +
         part(file, place.offset + place.length - half, half);
}

}  // namespace

void load_case_outputs(RunReport& report, const std::filesystem::path& run_directory) {
  for (TestReport& test : report.tests) {
    std::ifstream file;
    std::filesystem::path opened;
    for (Case& one : test.cases) {
      if (!one.output_place) continue;
      // In the run's own directory, wherever the tree is by now. A journal may name any path.
      const std::filesystem::path log = run_directory / names::k_output_directory /
                                        std::filesystem::path(one.output_place->log).filename();
      if (log != opened) {
        file = std::ifstream(log, std::ios::binary);
        opened = log;
      }
      if (!file.is_open()) continue;
      const bool passed = one.outcome == TestOutcome::passed;
      one.output =
          bounded(file, *one.output_place, passed ? k_output_limit_passed : k_output_limit);
    }
  }
}

}  // namespace holdfast
