#include "core/far/srun_words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/environment.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {
namespace {

// srun(1): options that Holdfast sets itself, or that would take the output elsewhere.
constexpr std::array<std::string_view, 25> k_refused_long{
    "ntasks",      "nodes",     "label",      "output", "error",           "input", "pty",
    "jobid",       "job-name",  "multi-prog", "exact",  "unbuffered",      "chdir", "cpus-per-task",
    "help",        "usage",     "version",    "bcast",  "ntasks-per-node", "quiet", "hold",
    "no-allocate", "het-group", "test-only",  "wait"};
constexpr std::string_view k_refused_short = "nNloeiuDcJhVWQHZ";
// Options without a value, or with one that can only stand in the same word.
constexpr std::array<std::string_view, 23> k_flags_long{
    "exclusive",         "contiguous",   "disable-status", "immediate",
    "kill-on-bad-exit",  "no-kill",      "overcommit",     "overlap",
    "oversubscribe",     "preserve-env", "propagate",      "reboot",
    "quit-on-interrupt", "spread-job",   "whole",          "use-min-nodes",
    "verbose",           "nice",         "resv-ports",     "send-libs",
    "compress",          "x11",          "interactive"};
constexpr std::string_view k_flags_short = "EOXsv";
constexpr std::string_view k_optional_value_short = "IKk";
// If such an option comes twice, srun takes the last one. So nodes that were lost are added to the
// user's own option.
constexpr std::string_view k_exclude = "--exclude=";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

std::string_view name_of(std::string_view entry) { return entry.substr(0, entry.find('=')); }

// srun takes any unambiguous beginning of a long option.
bool is_refused(std::string_view word) {
  if (word.starts_with("--")) {
    const std::string_view name = name_of(word.substr(2));
    if (name.size() < 2) return true;
    if (k_exclude.substr(2).starts_with(name)) return !word.starts_with(k_exclude);
    return std::ranges::any_of(k_refused_long,
                               [&](std::string_view one) { return one.starts_with(name); });
  }
  if (word.starts_with("-x")) return true;
  if (word.size() < 2) return true;
  // Several flags may stand in one word.
  const std::size_t last = std::min(word.find_first_not_of(k_flags_short, 1), word.size() - 1);
  return std::ranges::any_of(word.substr(1, last), [](char letter) {
    return k_refused_short.find(letter) != std::string_view::npos;
  });
}

// Whether the option's value may be the next word.
bool takes_next_word(std::string_view word) {
  if (word.starts_with("--")) {
    return word.find('=') == std::string_view::npos &&
           std::ranges::none_of(
               k_flags_long, [&](std::string_view one) { return one.starts_with(word.substr(2)); });
  }
  const std::size_t option = word.find_first_not_of(k_flags_short, 1);
  return option + 1 == word.size() &&
         k_optional_value_short.find(word[option]) == std::string_view::npos;
}

Result<std::vector<std::string>> split(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        *word += c;
      }
    } else if (is_blank(c)) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
    } else {
      if (!word) word.emplace();
      if (c == '\'' || c == '"') {
        quote = c;
      } else {
        *word += c;
      }
    }
  }
  if (quote != '\0') return BadValue{brief_in_quotes(text), "a second quote for the first one"};
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace

Result<std::vector<std::string>> srun_words(std::string_view options) {
  Result<std::vector<std::string>> words = split(options);
  if (!words) return words;
  bool may_be_value = false;
  for (const std::string& word : *words) {
    if (!word.starts_with('-')) {
      if (may_be_value) {
        may_be_value = false;
        continue;
      }
      return BadValue{brief_in_quotes(word), "an option of srun, such as --mem=4G"};
    }
    if (is_refused(word)) {
      return BadValue{brief_in_quotes(word),
                      "an option of srun that says what the step needs, and none that Holdfast "
                      "sets itself (nodes to leave out: --exclude=NODES)"};
    }
    may_be_value = takes_next_word(word);
  }
  return words;
}

std::vector<std::string> srun_command(const FarStep& step) {
  // With one --verbose, srun names the step and its node on stderr, which no test sees.
  std::vector<std::string> words{"srun",      "--exact",
                                 "--verbose", "-N1",
                                 "-n1",       text_of({"-c", std::to_string(step.processors)})};
  std::string left_out;
  const auto leave_out = [&](std::string_view nodes) {
    left_out += left_out.empty() ? k_exclude : ",";
    left_out += nodes;
  };
  for (const std::string& option : step.options) {
    if (option.starts_with(k_exclude)) {
      leave_out(std::string_view(option).substr(k_exclude.size()));
    } else {
      words.push_back(option);
    }
  }
  for (const std::string& node : step.left_out_nodes) leave_out(node);
  if (!left_out.empty()) words.push_back(left_out);
  words.insert(words.end(), step.command.begin(), step.command.end());
  return words;
}

bool is_kept_from_srun(std::string_view entry) {
  constexpr std::array<std::string_view, 12> k_names{
      "SLURM_LABELIO",      "SLURM_STDOUTMODE", "SLURM_STDERRMODE", "SLURM_STDINMODE",
      "SLURM_UNBUFFEREDIO", "SLURM_DEBUG",      "SLURM_SRUN_MULTI", "SLURM_WORKING_DIR",
      "SRUN_OUTPUT",        "SRUN_ERROR",       "SRUN_INPUT",       "SRUN_DEBUG"};
  const std::string_view name = name_of(entry);
  // Slurm would send the password to its controller. If the test needs the password, the job file
  // has it.
  return name.starts_with("LD_") || name == environment::k_cluster_password ||
         std::ranges::find(k_names, name) != k_names.end();
}

bool is_of_step(std::string_view entry) {
  constexpr std::array<std::string_view, 6> k_names{"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
                                                    "GPU_DEVICE_ORDINAL",   "HIP_VISIBLE_DEVICES",
                                                    "ZE_AFFINITY_MASK",     "TMPDIR"};
  const std::string_view name = name_of(entry);
  return name.starts_with("SLURM") || std::ranges::find(k_names, name) != k_names.end();
}

}  // namespace holdfast
