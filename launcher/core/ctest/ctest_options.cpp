#include "core/ctest/ctest_options.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

// clang-format off
constexpr std::string_view k_plain[] = {
    "-V", "--verbose", "-VV", "--extra-verbose", "-Q", "--quiet", "--output-on-failure",
    "--progress", "--stop-on-failure", "--schedule-random", "--no-label-summary",
    "--no-subproject-summary", "--debug",
};
constexpr std::string_view k_with_value[] = {
    "-E", "--exclude-regex", "-L", "--label-regex", "-LE", "--label-exclude", "-FA",
    "--fixture-exclude-any", "-FS", "--fixture-exclude-setup", "-FC",
    "--fixture-exclude-cleanup", "-C", "--build-config", "-O", "--output-log", "--output-junit",
    "--test-dir", "--timeout", "--stop-time", "--test-load", "--repeat",
    "--test-output-size-passed", "--test-output-size-failed", "--test-output-truncation",
};
constexpr std::string_view k_other_with_value[] = {
    "-R", "--tests-regex", "-I", "--tests-information", "--tests-from-file",
    "--exclude-from-file", "-A", "-M", "-T", "-D", "-S", "-SP", "--preset", "--presets-file",
    "--resource-spec-file",
};
constexpr std::string_view k_selecting[] = {
    "-R", "--tests-regex", "-E", "--exclude-regex", "-L", "--label-regex", "-LE",
    "--label-exclude", "-I", "--tests-information", "--tests-from-file", "--exclude-from-file",
    "--rerun-failed", "-F", "--preset",
};
// clang-format on

template <std::size_t N>
bool is_in(const std::string_view (&options)[N], std::string_view word) {
  return std::ranges::find(options, word) != std::end(options);
}

// Calls `see` with each option of the command, and with the word behind it, whatever that is; null:
// there is none. The values of options are left out.
template <typename See>
void each_option(const std::vector<std::string>& command, See see) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    if (command[i] == "--test-command") break;  // what follows is another program's command
    see(command[i], i + 1 < command.size() ? &command[i + 1] : nullptr);
    if (takes_value(command[i])) ++i;
  }
}

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
  each_option(command, [&said](std::string_view word, const std::string* next) {
    said.is_elsewhere = said.is_elsewhere || has_script_or_preset(word);
    said.has_load = said.has_load || word == k_load || word.starts_with("--test-load=");
    if (word == "-j" || word == "--parallel") {
      said.is_said = true;
      said.jobs = next == nullptr ? std::nullopt : number_of_jobs(*next);
      return;
    }
    for (const std::string_view option : {"--parallel=", "-j=", "-j"}) {
      if (!word.starts_with(option)) continue;
      said.is_said = true;
      said.jobs = number_of_jobs(word.substr(option.size()));
      break;
    }
  });
  return said;
}

}  // namespace

CtestOption ctest_option(std::string_view word) {
  if (is_in(k_plain, word)) return CtestOption::plain;
  if (is_in(k_with_value, word)) return CtestOption::with_value;
  return is_in(k_other_with_value, word) ? CtestOption::other_with_value : CtestOption::unknown;
}

bool takes_value(std::string_view word) {
  const CtestOption kind = ctest_option(word);
  return kind == CtestOption::with_value || kind == CtestOption::other_with_value;
}

bool asks_to_be_quiet(const std::vector<std::string>& command) {
  bool is_quiet = false;
  each_option(command, [&is_quiet](std::string_view word, const std::string* /*next*/) {
    is_quiet = is_quiet || word == "-Q" || word == "--quiet";
  });
  return is_quiet;
}

std::vector<std::string> selecting_options(const std::vector<std::string>& command) {
  std::vector<std::string> selecting;
  each_option(command, [&selecting](std::string_view word, const std::string* next) {
    if (!is_in(k_selecting, word)) return;
    selecting.emplace_back(word);
    if (takes_value(word) && next != nullptr) selecting.push_back(*next);
  });
  return selecting;
}

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
