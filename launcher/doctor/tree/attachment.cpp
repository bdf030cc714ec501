#include "doctor/tree/attachment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "attempt/programs.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "ctest/cmake_expression.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/program_identity.hpp"
#include "os/process/process.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::size_t k_longest_file = std::size_t{1} << 20;

// As custom.cmake looks at it: the file may be of an earlier configure step.
bool reads_attach(const std::string& tree) {
  const Result<std::string> text = os::read_file(tree + "/CTestTestfile.cmake", k_longest_file);
  return text && text->find(std::string(names::k_tree_directory) + "/") != std::string::npos;
}

// Of all programs of this installation that tests need.
std::string trouble_with_programs() {
  for (const Result<std::string>& program :
       {supervision::launcher_program(), supervision::exec_program()}) {
    if (!program) return to_text(program.error());
    if (::access(program->c_str(), X_OK) != 0) return *program + " cannot be executed";
  }
  return {};
}

std::string configure(const Attachment& attachment) {
  const std::string tree = "cmake -B " + for_shell(attachment.tree);
  return attachment.sources.empty() ? tree : tree + " -S " + for_shell(attachment.sources);
}

void check_package(const Attachment& attachment, Findings& all) {
  if (!attachment.has_package) {
    all.push_back({Kind::holdfast_gone,
                   fmt::format("tests run without Holdfast: the tree was configured by one in {}, "
                               "which is gone",
                               attachment.package),
                   attachment.tree + "/.holdfast/attach.cmake", "configure the tree again",
                   configure(attachment)});
  } else if (!attachment.own_package.empty()) {
    all.push_back({Kind::other_holdfast,
                   fmt::format("tests run through the Holdfast in {}; this one is in {}",
                               attachment.package, attachment.own_package),
                   attachment.tree + "/.holdfast/attach.cmake",
                   "use the commands of that one, or configure the tree again"});
  }
}

}  // namespace

std::string value_in(const std::string& text, const std::string& name) {
  const std::string_view rest = text_after(text, "set(" + name + " [==[");
  const std::size_t end = rest.find("]==])");
  return std::string(end == std::string_view::npos ? "" : rest.substr(0, end));
}

std::vector<std::string> lines_of_holdfast(const std::string& said) {
  std::vector<std::string> lines;
  for (std::string_view line : TextParts{said, '\n'}) {
    if (!take_words(line, "holdfast: ")) continue;
    // That an interpreter is missing is a finding about the test.
    if (line.find(": its interpreter ") != std::string_view::npos) continue;
    // A Holdfast that was updated, and for which nobody has to do anything.
    if (line.ends_with("; they fit")) continue;
    lines.emplace_back(line);
  }
  return lines;
}

Attachment look_at_attachment(const std::string& tree, const std::string& configured_at) {
  Attachment attachment{tree};
  attachment.sources = os::source_of_tree(tree).value_or("");
  if (!configured_at.empty() && !os::are_one_file(configured_at, tree)) {
    attachment.configured_at = configured_at;
  }
  const Result<std::string> text = os::read_file(
      tree + "/" + std::string(names::k_tree_directory) + "/attach.cmake", k_longest_file);
  attachment.is_attached = text && reads_attach(tree);
  const char* off = std::getenv(std::string(environment::k_disable).c_str());
  attachment.is_off = off != nullptr && is_true_in_cmake(off);
  attachment.cannot_watch = os::trouble_with_watching();
  attachment.broken = trouble_with_programs();
  if (!text) return attachment;
  std::string package = value_in(*text, "_holdfast_package_dir");
  if (!package.empty() && !package.starts_with('/')) package.insert(0, tree + "/");
  attachment.package = package;
  attachment.has_package =
      package.empty() || ::access((package + "/attach.cmake").c_str(), R_OK) == 0;
  const Result<std::string> own = supervision::installation();
  const std::string own_package = own ? *own + "/lib/cmake/Holdfast" : package;
  if (!package.empty() && !os::are_one_file(own_package, package)) {
    attachment.own_package = own_package;
  }
  return attachment;
}

Findings check_attachment(const Attachment& attachment) {
  Findings all;
  if (!attachment.is_attached) {
    all.push_back({Kind::not_attached, "tests run without Holdfast: the tree is not attached",
                   attachment.tree + "/CTestTestfile.cmake",
                   "put find_package(Holdfast) into the project's CMakeLists.txt, or configure "
                   "with CMAKE_PROJECT_TOP_LEVEL_INCLUDES"});
  }
  check_package(attachment, all);
  if (!attachment.broken.empty()) {
    all.push_back({Kind::holdfast_gone, attachment.broken, "", "install Holdfast again"});
  }
  if (!attachment.cannot_watch.empty()) {
    all.push_back({Kind::cannot_supervise, "tests run without Holdfast: " + attachment.cannot_watch,
                   "", "mount a /proc of this PID namespace, or allow pidfd_open(2)"});
  }
  if (attachment.is_off) {
    all.push_back({Kind::switched_off, "tests run without Holdfast: HOLDFAST_DISABLE is set", "",
                   "take it out of the environment", "unset HOLDFAST_DISABLE"});
  }
  if (!attachment.configured_at.empty()) {
    all.push_back({Kind::tree_moved,
                   fmt::format("the tree was configured in {}: tests may start programs there",
                               attachment.configured_at),
                   attachment.tree + "/CMakeCache.txt", "configure and build it here, from nothing",
                   "cmake --fresh -B " + for_shell(attachment.tree)});
  }
  for (const std::string& line : attachment.said) {
    all.push_back({Kind::said_by_ctest, line, "", "see what it names"});
  }
  return all;
}

}  // namespace holdfast::doctor
