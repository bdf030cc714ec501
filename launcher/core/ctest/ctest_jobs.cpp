#include "core/ctest/ctest_jobs.hpp"

#include "core/base/number.hpp"
#include "core/ctest/ctest_options.hpp"

#include <string_view>

namespace holdfast {
namespace {

constexpr std::string_view k_level = "CTEST_PARALLEL_LEVEL=";

std::optional<std::size_t> number_of_jobs(std::string_view text) {
  const std::optional<std::size_t> jobs = parse_number<std::size_t>(text);
  return jobs == 0U ? std::nullopt : jobs;
}

// Where the jobs may come from if the command line has no -j.
bool has_script_or_preset(std::string_view word) {
  return word == "-S" || word == "-SP" || word == "--script" || word == "--script-new-process" ||
         word.starts_with("--script=") || word == "--preset" || word.starts_with("--preset=");
}

}  // namespace

std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment) {
  bool is_said = false;
  bool is_elsewhere = false;
  std::optional<std::size_t> jobs;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string_view word = command[i];
    if (word == "--test-command") break;  // what follows is another program's command
    is_elsewhere = is_elsewhere || has_script_or_preset(word);
    if (word == "-j" || word == "--parallel") {
      is_said = true;
      jobs = i + 1 == command.size() ? std::nullopt : number_of_jobs(command[i + 1]);
      continue;
    }
    for (const std::string_view option : {"--parallel=", "-j=", "-j"}) {
      if (!word.starts_with(option)) continue;
      is_said = true;
      jobs = number_of_jobs(word.substr(option.size()));
      break;
    }
    const CtestOption kind = ctest_option(word);
    if (kind == CtestOption::with_value || kind == CtestOption::other_with_value) ++i;
  }
  if (is_said) return jobs;
  if (is_elsewhere) return std::nullopt;
  for (const std::string_view entry : environment) {
    if (entry.starts_with(k_level)) return number_of_jobs(entry.substr(k_level.size()));
  }
  return 1;
}

}  // namespace holdfast
