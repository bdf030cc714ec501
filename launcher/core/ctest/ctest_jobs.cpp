#include "core/ctest/ctest_jobs.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/ctest/ctest_options.hpp"

#include <string_view>

namespace holdfast {
namespace {

constexpr std::string_view k_level = "CTEST_PARALLEL_LEVEL=";
constexpr std::string_view k_load = "--test-load";
constexpr std::string_view k_configured_load = "TestLoad:";

std::optional<std::size_t> number_of_jobs(std::string_view text) {
  const std::optional<std::size_t> jobs = parse_number<std::size_t>(text);
  return jobs == 0U ? std::nullopt : jobs;
}

// Where the jobs may come from if the command line has no -j.
bool has_script_or_preset(std::string_view word) {
  return word == "-S" || word == "-SP" || word == "--script" || word == "--script-new-process" ||
         word.starts_with("--script=") || word == "--preset" || word.starts_with("--preset=");
}

// What a command line says of jobs.
struct SaidJobs {
  bool is_said = false;
  std::optional<std::size_t> jobs = {};
  bool is_elsewhere = false;  // a script or a preset may say more
  bool has_load = false;      // --test-load
};

SaidJobs said_in(const std::vector<std::string>& command) {
  SaidJobs said;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string_view word = command[i];
    if (word == "--test-command") break;  // what follows is another program's command
    said.is_elsewhere = said.is_elsewhere || has_script_or_preset(word);
    said.has_load = said.has_load || word == k_load || word.starts_with("--test-load=");
    if (word == "-j" || word == "--parallel") {
      said.is_said = true;
      said.jobs = i + 1 == command.size() ? std::nullopt : number_of_jobs(command[i + 1]);
      continue;
    }
    for (const std::string_view option : {"--parallel=", "-j=", "-j"}) {
      if (!word.starts_with(option)) continue;
      said.is_said = true;
      said.jobs = number_of_jobs(word.substr(option.size()));
      break;
    }
    const CtestOption kind = ctest_option(word);
    if (kind == CtestOption::with_value || kind == CtestOption::other_with_value) ++i;
  }
  return said;
}

}  // namespace

std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment) {
  const SaidJobs said = said_in(command);
  if (said.is_said) return said.jobs;
  if (said.is_elsewhere) return std::nullopt;
  for (const std::string_view entry : environment) {
    if (entry.starts_with(k_level)) return number_of_jobs(entry.substr(k_level.size()));
  }
  return 1;
}

std::optional<std::size_t> jobs_to_lend(const std::vector<std::string>& command,
                                        const std::vector<std::string>& environment) {
  const SaidJobs said = said_in(command);
  if (said.has_load || said.is_elsewhere) return std::nullopt;
  return jobs_of(command, environment);
}

bool configures_load(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = take_part(text, '\n');
    if (!line.starts_with(k_configured_load)) continue;
    line.remove_prefix(k_configured_load.size());
    if (line.find_first_of("123456789") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace holdfast
