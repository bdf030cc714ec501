#include "os/process/git_command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/program_identity.hpp"
#include "base/strings.hpp"
#include "base/text.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

bool is_left_out(std::string_view variable) {
  constexpr std::array<std::string_view, 3> k_kept{
      "GIT_CONFIG_", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_ACROSS_FILESYSTEM="};
  const auto begins = [&](std::string_view kept) { return variable.starts_with(kept); };
  return variable.starts_with("GIT_") && std::ranges::none_of(k_kept, begins);
}

// The first line that git printed on stderr, without the word before it.
std::string first_words(std::string_view errors) {
  std::string_view line = take_part(errors, '\n');
  for (const std::string_view word : {"fatal: ", "error: "}) {
    if (line.starts_with(word)) line.remove_prefix(word.size());
  }
  return brief(line);
}

}  // namespace

BoundedOrder git_order(const std::string& directory, const std::vector<std::string>& arguments,
                       Milliseconds time) {
  BoundedOrder order;
  order.words = {"git", "-c", "core.fsmonitor=false", "-C", directory};
  order.words.insert(order.words.end(), arguments.begin(), arguments.end());
  order.environment = own_environment();
  std::erase_if(order.environment, is_left_out);
  order.environment.insert(order.environment.end(),
                           {"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"});
  order.time = time;
  order.errors_apart = true;
  return order;
}

std::string trouble_with_git(const BoundedEnd& end, Milliseconds time) {
  switch (end.kind) {
    case BoundedEnd::Kind::not_started:
      if (end.code == ENOENT) return "git is not installed";
      return to_text(system_error("run git", end.code));
    case BoundedEnd::Kind::too_late:
      return "git gave no answer within " + describe(time);
    case BoundedEnd::Kind::signalled:
      return "git died of signal " + std::to_string(end.code);
    case BoundedEnd::Kind::exited:
      break;
  }
  if (end.code == 0) return {};
  const std::string words = first_words(end.errors);
  return words.empty() ? "git ended with exit code " + std::to_string(end.code) : "git: " + words;
}

Result<std::string> answer_of_git(BoundedEnd end, const BoundedOrder& order) {
  std::string trouble = trouble_with_git(end, order.time);
  if (!trouble.empty()) return ErrorInWords{std::move(trouble)};
  if (end.output_cut) {
    return ErrorInWords{"git printed more than " + describe_size(order.most_output)};
  }
  return std::move(end.output);
}

Result<std::string> ask_git(const BoundedOrder& order) {
  return answer_of_git(run_bounded(order), order);
}

}  // namespace holdfast::os
