#include "forensics/git_status.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "os/file/system_call.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_named = 10;
constexpr std::size_t k_most_output = 16 * 1024 * 1024;
constexpr int k_no_repository = 128;

// Ours, without the variables that lead git to another repository (a git hook sets them).
std::vector<std::string> environment_for_git() {
  std::vector<std::string> environment;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("GIT_")) environment.emplace_back(*entry);
  }
  environment.insert(environment.end(), {"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"});
  return environment;
}

}  // namespace

os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time) {
  os::BoundedOrder order;
  order.words = {"git",
                 "-c",
                 "core.fsmonitor=false",
                 "-C",
                 directory,
                 "status",
                 "--porcelain=v1",
                 "-z",
                 "--untracked-files=normal"};
  order.environment = environment_for_git();
  order.time = time;
  order.most_output = k_most_output;
  order.errors_apart = true;
  return order;
}

std::string describe_git_status(std::string_view porcelain, bool cut) {
  std::size_t count = 0;
  std::string named;
  while (!porcelain.empty()) {
    const std::size_t end = porcelain.find('\0');
    if (end == std::string_view::npos) break;  // cut off
    const std::string_view entry = porcelain.substr(0, end);
    porcelain.remove_prefix(end + 1);
    if (entry.size() < 4) continue;
    if (++count <= k_named) named += "\n" + std::string(entry);
    // A renamed or copied file has its old name in the next entry.
    if (entry.substr(0, 2).find_first_of("RC") == std::string_view::npos) continue;
    porcelain.remove_prefix(std::min(porcelain.find('\0'), porcelain.size() - 1) + 1);
  }
  if (count == 0 && !cut) return "clean";
  std::string text = (cut ? "more than " : "") + std::to_string(count) +
                     (count == 1 && !cut ? " file differs" : " files differ") +
                     " from what is committed";
  if (count > k_named) text += ", the first ten:";
  return text + named;
}

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  const auto failed = [](std::string why) { return Finding{"git", true, std::move(why)}; };
  switch (end.kind) {
    case Kind::too_late:
      return failed("git status in " + directory + " was not done within " + describe(time));
    case Kind::signalled:
      return failed("git died of signal " + std::to_string(end.code));
    case Kind::not_started:
      if (end.code == ENOENT) return failed("git is not installed");
      return failed(to_text(os::system_error("run git", end.code)));
    case Kind::exited:
      break;
  }
  if (end.code == 0) {
    return {"git", false, describe_git_status(end.output, end.output_cut)};
  }
  const std::string why = end.errors.substr(0, end.errors.find('\n'));
  if (end.code == k_no_repository && why.find("not a git repository") != std::string::npos) {
    return failed(directory + " is in no repository of git");
  }
  return failed("git ended with " + std::to_string(end.code) + (why.empty() ? "" : ": " + why));
}

}  // namespace holdfast::forensics
