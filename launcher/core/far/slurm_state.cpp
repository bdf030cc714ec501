#include "core/far/slurm_state.hpp"

#include <algorithm>
#include <array>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_blanks = " \t\r\n";

std::string_view after(std::string_view line, std::string_view words) {
  const std::size_t at = line.find(words);
  return at == std::string_view::npos ? std::string_view() : line.substr(at + words.size());
}

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
  constexpr std::string_view k_own = "holdfast: ";
  if (line.starts_with(k_own)) return line.substr(k_own.size());
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
  const std::string_view what = after(line, "srun: ");
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
  const std::string_view launch = after(line, "launching StepId=");
  if (!launch.empty()) {
    words.launches = true;
    std::string_view node = after(launch, " on host ");
    words.node = take_part(node, ',');
    return;
  }
  std::string_view error = after(line, "error: ");
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

JobState job_state_in(bool succeeded, std::string_view output, std::string_view errors) {
  if (!succeeded) {
    return errors.find("Invalid job id") != std::string_view::npos ? JobState::over
                                                                   : JobState::unknown;
  }
  constexpr std::array<std::string_view, 5> k_running{"RUNNING", "SUSPENDED", "CONFIGURING",
                                                      "RESIZING", "STOPPED"};
  const bool runs = std::ranges::find(k_running, trimmed(output, k_blanks)) != k_running.end();
  return runs ? JobState::running : JobState::over;
}

std::vector<std::string> lost_nodes_in(std::string_view output) {
  std::vector<std::string> lost;
  while (!output.empty()) {
    std::string_view state = take_part(output, '\n');
    const std::string name(take_part(state, ' '));
    const bool is_new = !name.empty() && std::ranges::find(lost, name) == lost.end();
    if (is_new && is_lost(trimmed(state, k_blanks))) lost.push_back(name);
  }
  return lost;
}

SrunWords words_of_srun(std::string_view errors) {
  SrunWords words;
  while (!errors.empty()) take_line(trimmed(take_part(errors, '\n'), k_blanks), words);
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
  while (!output.empty()) {
    std::string_view line = trimmed(take_part(output, '\n'), k_blanks);
    if (line.empty()) continue;
    if (take_part(line, ' ') != "PENDING") return {};
    reason = line;
  }
  return reason;
}

std::vector<std::string> names_in_lines(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::string_view name = trimmed(take_part(text, '\n'), k_blanks);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace holdfast
