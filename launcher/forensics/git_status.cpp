#include "forensics/git_status.hpp"

#include <algorithm>
#include <utility>

#include "os/process/git_command.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_files_named = 10;
constexpr std::size_t k_most_output = 16 * 1024 * 1024;
constexpr int k_no_repository = 128;

}  // namespace

os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time) {
  os::BoundedOrder order = os::git_order(
      directory, {"status", "--porcelain=v1", "-z", "--untracked-files=normal"}, time);
  order.most_output = k_most_output;
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
    if (++count <= k_files_named) named += "\n" + std::string(entry);
    // A renamed or copied file has its old name in the next entry.
    if (entry.substr(0, 2).find_first_of("RC") == std::string_view::npos) continue;
    porcelain.remove_prefix(std::min(porcelain.find('\0'), porcelain.size() - 1) + 1);
  }
  if (count == 0 && !cut) return "clean";
  std::string text = (cut ? "more than " : "") + std::to_string(count) +
                     (count == 1 && !cut ? " file differs" : " files differ") +
                     " from what is committed";
  if (count > k_files_named) text += ", the first ten:";
  return text + named;
}

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time) {
  std::string trouble = os::trouble_with_git(end, time);
  if (trouble.empty()) return {"git", false, describe_git_status(end.output, end.output_cut)};
  if (end.kind == os::BoundedEnd::Kind::exited && end.code == k_no_repository &&
      end.errors.find("not a git repository") != std::string::npos) {
    trouble = directory + " is in no repository of git";
  }
  return {"git", true, std::move(trouble)};
}

}  // namespace holdfast::forensics
