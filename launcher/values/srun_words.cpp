#include "values/srun_words.hpp"

#include <algorithm>
#include <array>

#include "base/environment.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_mark = "HF";
constexpr std::size_t k_number_digits = 8;
constexpr std::size_t k_head = k_mark.size() + 1 + k_number_digits;

bool is_channel(char letter) {
  return std::string_view("oesbx").find(letter) != std::string_view::npos;
}

// The length of the frame that begins with this mark; none: no frame begins here.
std::optional<std::size_t> length_in(std::string_view head) {
  if (!is_channel(head[k_mark.size()])) return std::nullopt;
  const auto length =
      parse_number<std::uint32_t>(head.substr(k_mark.size() + 1, k_number_digits), 16);
  if (!length || *length > k_longest_frame) return std::nullopt;
  return *length;
}

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

// srun takes any unambiguous beginning of a long option.
bool is_refused(std::string_view word) {
  if (word.starts_with("--")) {
    const std::string_view name = name_in(word.substr(2));
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
    const bool is_quoted = quote != '\0';
    if (!is_quoted && is_blank(c)) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (is_quoted ? c == quote : c == '\'' || c == '"') {
      quote = is_quoted ? '\0' : c;
    } else {
      *word += c;
    }
  }
  if (quote != '\0') return BadValue{brief_in_quotes(text), "a second quote for the first one"};
  if (word) words.push_back(std::move(*word));
  return words;
}

constexpr std::string_view k_script_blanks = " \t\r\n";

// The state of a node that does not answer ends with a `*`, as in `down*`.
bool is_lost(std::string_view state) {
  constexpr std::array<std::string_view, 3> k_lost{"down", "unknown", "power"};
  if (state.find('*') != std::string_view::npos) return true;
  return std::ranges::any_of(k_lost, [&](std::string_view one) { return state.starts_with(one); });
}

// The reasons why there will never be such a step, in the words of slurm_strerror(3). Any other
// trouble, such as a controller that does not answer, may pass.
constexpr std::array<std::string_view, 13> k_refusals{
    "Invalid --exclusive specification",
    "More processors requested than permitted",
    "Requested node configuration is not available",
    "Requested nodes not in this partition",
    "Memory required by task is not available",
    "Node count specification invalid",
    "Task count specification invalid",
    "CPU count specification invalid",
    "Task distribution specification invalid",
    "Invalid generic resource",
    "Invalid feature specification",
    "Invalid node name specified",
    "Invalid license specification"};

// Returns the refusal in the line, up to the end of the line.
std::string_view refusal_in(std::string_view error) {
  for (const std::string_view refusal : k_refusals) {
    const std::size_t at = error.find(refusal);
    if (at != std::string_view::npos) return error.substr(at);
  }
  return {};
}

// Returns what holdfast-exec says if it cannot begin, or what slurmstepd says if there is no
// holdfast-exec.
std::string_view own_trouble_in(std::string_view line) {
  if (take_words(line, "holdfast: ")) return line;
  const std::size_t at = line.find("execve(): ");
  return at == std::string_view::npos ? std::string_view() : line.substr(at);
}

// These are the words of slurmstepd from Slurm 20 to 24.
bool tells_of_memory(std::string_view line) {
  return line.find("oom-kill event") != std::string_view::npos ||
         line.find("oom_kill event") != std::string_view::npos ||
         line.find("Out Of Memory") != std::string_view::npos;
}

// srun begins a line with its name as it was called, with its path or without.
void take_refusal_of_options(std::string_view line, SrunWords& words) {
  const std::string_view what = text_after(line, "srun: ");
  for (const std::string_view refusal : {"unrecognized option", "invalid option", "is ambiguous",
                                         "requires an argument", "doesn't allow an argument"}) {
    if (what.find(refusal) == std::string_view::npos) continue;
    words.refusal = what;
    words.last = what;
  }
}

void take_line(std::string_view line, SrunWords& words) {
  if (tells_of_memory(line)) words.out_of_memory = true;
  if (words.trouble.empty()) words.trouble = own_trouble_in(line);
  const std::string_view launch = text_after(line, "launching StepId=");
  if (!launch.empty()) {
    words.launches = true;
    std::string_view node = text_after(launch, " on host ");
    words.node = take_part(node, ',');
    return;
  }
  std::string_view error = text_after(line, "error: ");
  if (error.empty()) {
    take_refusal_of_options(line, words);
    return;
  }
  if (const std::string_view refusal = refusal_in(error); !refusal.empty()) words.refusal = refusal;
  // srun's last line says that the task has ended. That follows from what was said before.
  const bool follows = error.find("Exited with exit code") != std::string_view::npos;
  if (words.last.empty() || !follows) words.last = error;
}

}  // namespace

void add_frames(FarChannel channel, std::string_view bytes, std::string& to) {
  do {
    const std::string_view part = bytes.substr(0, k_longest_frame);
    bytes.remove_prefix(part.size());
    to += k_mark;
    to += static_cast<char>(channel);
    to += hexadecimal(part.size(), k_number_digits);
    to += part;
    to += '\n';
  } while (!bytes.empty());
}

std::vector<FrameReader::Frame> FrameReader::read(std::string_view bytes) {
  rest_ += bytes;
  std::vector<Frame> frames;
  std::string_view left = rest_;
  while (true) {
    const std::size_t begin = left.find(k_mark);
    // The first byte of a mark may be the last one that has come so far.
    const std::size_t kept = left.ends_with(k_mark[0]) ? 1 : 0;
    left.remove_prefix(std::min(begin, left.size() - kept));
    if (left.size() < k_head) break;
    const std::optional<std::size_t> length = length_in(left.substr(0, k_head));
    if (!length) {
      left.remove_prefix(1);
      continue;
    }
    if (left.size() < k_head + *length + 1) break;
    frames.push_back(
        {static_cast<FarChannel>(left[k_mark.size()]), std::string(left.substr(k_head, *length))});
    left.remove_prefix(k_head + *length + 1);
  }
  rest_.erase(0, rest_.size() - left.size());
  return frames;
}

Result<std::vector<std::string>> srun_words(std::string_view options) {
  HOLDFAST_TRY(std::vector<std::string> words, split(options));
  bool may_be_value = false;
  for (const std::string& word : words) {
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
  for (std::string_view option : step.options) {
    if (take_words(option, k_exclude)) {
      leave_out(option);
    } else {
      words.emplace_back(option);
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
  const std::string_view name = name_in(entry);
  // Slurm would send the password to its controller. If the test needs the password, the job file
  // has it.
  return name.starts_with("LD_") || name == environment::k_cluster_password ||
         std::ranges::find(k_names, name) != k_names.end();
}

bool is_of_step(std::string_view entry) {
  constexpr std::array<std::string_view, 6> k_names{"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
                                                    "GPU_DEVICE_ORDINAL",   "HIP_VISIBLE_DEVICES",
                                                    "ZE_AFFINITY_MASK",     "TMPDIR"};
  const std::string_view name = name_in(entry);
  return name.starts_with("SLURM") || std::ranges::find(k_names, name) != k_names.end();
}

JobState job_state_in(bool succeeded, std::string_view output, std::string_view errors) {
  if (!succeeded) {
    return errors.find("Invalid job id") != std::string_view::npos ? JobState::over
                                                                   : JobState::unknown;
  }
  constexpr std::array<std::string_view, 5> k_running{"RUNNING", "SUSPENDED", "CONFIGURING",
                                                      "RESIZING", "STOPPED"};
  const bool runs =
      std::ranges::find(k_running, trimmed(output, k_script_blanks)) != k_running.end();
  return runs ? JobState::running : JobState::over;
}

std::vector<std::string> lost_nodes_in(std::string_view output) {
  std::vector<std::string> lost;
  for (std::string_view state : TextParts{output, '\n'}) {
    const std::string name(take_part(state, ' '));
    const bool is_new = !name.empty() && std::ranges::find(lost, name) == lost.end();
    if (is_new && is_lost(trimmed(state, k_script_blanks))) lost.push_back(name);
  }
  return lost;
}

SrunWords words_of_srun(std::string_view errors) {
  SrunWords words;
  for (const std::string_view line : TextParts{errors, '\n'}) {
    take_line(trimmed(line, k_script_blanks), words);
  }
  return words;
}

LostStart lost_start(JobState job, const std::vector<std::string>& lost_nodes,
                     const std::vector<std::string>& left_out, const SrunWords& said) {
  if (!said.trouble.empty()) {
    const std::string node = said.node.empty() ? "its node" : text_of({"node ", said.node});
    return {LostStart::Kind::refused,
            text_of({"Holdfast cannot run on ", node, ": ", said.trouble}), said.node};
  }
  const std::string in_words = said.last.empty() ? std::string() : text_of({" (", said.last, ")"});
  if (job == JobState::over) {
    return {LostStart::Kind::allocation_over, "the allocation is over", {}};
  }
  if (job == JobState::unknown) {
    return {LostStart::Kind::node_lost, text_of({"Slurm's controller does not answer", in_words}),
            said.node};
  }
  const bool is_refused = !said.launches && !said.refusal.empty();
  if (is_refused && lost_nodes.empty() && left_out.empty()) {
    return {LostStart::Kind::refused,
            text_of({"no node of the allocation can ever run it: ", said.refusal}),
            {}};
  }
  std::string why = said.node.empty() ? "its step could not be started"
                                      : text_of({"its step could not be started on ", said.node});
  if (is_refused && !left_out.empty()) {
    return {LostStart::Kind::no_node_left, "no node is left that could run it" + in_words, {}};
  }
  return {LostStart::Kind::node_lost, why + in_words, said.node};
}

std::string reason_to_wait(std::string_view output) {
  std::string reason;
  for (std::string_view line : TextParts{output, '\n'}) {
    line = trimmed(line, k_script_blanks);
    if (line.empty()) continue;
    if (take_part(line, ' ') != "PENDING") return {};
    reason = line;
  }
  return reason;
}

std::vector<std::string> names_in_lines(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view line : TextParts{text, '\n'}) {
    const std::string_view name = trimmed(line, k_script_blanks);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace holdfast
