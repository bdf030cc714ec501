// `holdfast answer`: what holdfast-exec asks (attempt/answer.hpp). It is not for people.
//
//   found PATTERN…   reads an output on stdin; prints the index of the first pattern that is
//                    found in a line of it, or nothing
//   steps TREE       prints what holdfast.toml says of build steps, as a message of
//                    settings/wire.hpp
//
// If there is no answer, the command prints why, and ends with the exit code of Holdfast's own
// failures.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>

#include "base/exit_codes.hpp"
#include "programs/commands.hpp"
#include "settings/keys.hpp"
#include "settings/pattern.hpp"
#include "settings/project_settings.hpp"
#include "settings/wire.hpp"

namespace holdfast::cli {
namespace {

int print(const std::string& answer) {
  const bool is_written = std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() &&
                          std::fflush(stdout) == 0;
  return is_written ? exit_codes::k_success : exit_codes::k_own_failure;
}

int refuse(const Error& error) {
  (void)print(to_text(error));
  return exit_codes::k_own_failure;
}

int answer_found(const std::vector<std::string>& patterns) {
  const std::string output{std::istreambuf_iterator<char>(std::cin), {}};
  const Result<std::optional<std::size_t>> found = signature_in(output, patterns);
  if (!found) return refuse(found.error());
  return print(wire::encode(to_message(wire::Found{*found})));
}

int answer_steps(const std::string& tree) {
  const Result<ProjectSettings> project = ProjectSettings::of_tree(tree);
  if (!project) return refuse(in_one_line(project.error()));
  const BuildStepSettings steps = build_step_settings(project->settings());
  return print(wire::encode(
      to_message(wire::StepSettings{steps.transient, steps.memory_kb, project->run().oom_events})));
}

}  // namespace

int answer(const std::vector<std::string>& words) {
  if (words.size() > 1 && words[0] == "found")
    return answer_found({words.begin() + 1, words.end()});
  if (words.size() == 2 && words[0] == "steps") return answer_steps(words[1]);
  return refused("answer is for holdfast-exec: expected `found PATTERN…` or `steps TREE`");
}

}  // namespace holdfast::cli
