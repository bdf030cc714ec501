#include "cli/affected/ninja_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

#include "cli/ctest_listing.hpp"
#include "core/affected/ninja_tools.hpp"
#include "core/base/printable.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t k_largest_log = std::size_t{256} << 20;

// Dry (-n): otherwise Ninja may write its logs anew, even beside a Ninja that builds.
os::BoundedOrder order_of(const NinjaTree& tree, const std::vector<std::string>& words) {
  os::BoundedOrder order;
  order.words = {tree.program, "-f", tree.manifest, "-n", "-t"};
  order.words.insert(order.words.end(), words.begin(), words.end());
  order.directory = tree.directory;
  order.environment = os::own_environment();
  order.time = k_longest;
  order.most_output = std::numeric_limits<std::size_t>::max();
  order.errors_apart = true;
  return order;
}

Result<void> check_end(const NinjaTree& tree, const std::string& tool, const os::BoundedEnd& end) {
  if (end.kind == os::BoundedEnd::Kind::not_started) {
    return os::system_error("run " + tree.program, end.code);
  }
  if (end.kind == os::BoundedEnd::Kind::exited && end.code == 0) return {};
  const std::string why = brief(end.errors.substr(0, end.errors.find('\n')));
  return ErrorInWords{"ninja -t " + tool + " failed in " + tree.directory +
                      (why.empty() ? "" : ": " + why)};
}

// The whole graph hangs on the nodes from which nothing is made. Each call has as many of them as
// the kernel takes: a quarter of the stack, 6 MiB at most, with the environment.
std::vector<std::vector<std::string>> calls_for_graph(std::string_view targets) {
  const auto most =
      static_cast<std::size_t>(std::clamp(::sysconf(_SC_ARG_MAX) / 4, 32L * 1024, 1024L * 1024));
  std::vector<std::vector<std::string>> calls;
  std::size_t size = most;
  for (const std::string_view name : read_ninja_targets(targets)) {
    size += name.size() + sizeof(char*) + 1;
    if (size > most) {
      calls.push_back({"graph"});
      size = name.size();
    }
    calls.back().emplace_back(name);
  }
  return calls;
}

}  // namespace

Result<NinjaTree> find_ninja_tree(const std::string& directory, const std::string& configuration) {
  const std::string generator = cached_value(directory, "CMAKE_GENERATOR");
  const bool has_several = generator == "Ninja Multi-Config";
  if (generator != "Ninja" && !has_several) {
    return ErrorInWords{directory + ": expected a build tree of CMake's generator Ninja, found " +
                        (generator.empty() ? "no generator" : brief_in_quotes(generator))};
  }
  if (has_several && configuration.empty()) {
    return ErrorInWords{directory + " has several configurations: expected --config CFG"};
  }
  NinjaTree tree{directory, cached_value(directory, "CMAKE_MAKE_PROGRAM"), "build.ninja"};
  if (tree.program.empty()) tree.program = "ninja";
  if (has_several) tree.manifest = "build-" + configuration + ".ninja";
  if (::access((directory + "/" + tree.manifest).c_str(), R_OK) != 0) {
    return ErrorInWords{to_text(os::system_error("read " + directory + "/" + tree.manifest)) +
                        ": expected a tree that is configured"};
  }
  return tree;
}

Result<NinjaTexts> ask_ninja(const NinjaTree& tree) {
  NinjaTexts texts;
  os::BoundedWork deps(order_of(tree, {"deps"}));
  const os::BoundedEnd roots = os::run_bounded(order_of(tree, {"targets", "depth", "1"}));
  if (Result<void> ended = check_end(tree, "targets", roots); !ended) return ended.error();
  for (const std::vector<std::string>& words : calls_for_graph(roots.output)) {
    os::BoundedWork graph(order_of(tree, words));
    os::await({&graph, &deps});
    if (Result<void> ended = check_end(tree, "graph", graph.end()); !ended) return ended.error();
    texts.graphs.push_back(graph.end().output);
  }
  Result<std::string> log = os::read_file(tree.directory + "/.ninja_log", k_largest_log);
  if (log) texts.log = *std::move(log);
  os::await({&deps});
  if (Result<void> ended = check_end(tree, "deps", deps.end()); !ended) return ended.error();
  texts.deps = deps.end().output;
  texts.ask_for_commands = [tree] {
    const os::BoundedEnd commands = os::run_bounded(order_of(tree, {"compdb"}));
    return check_end(tree, "compdb", commands) ? commands.output : std::string();
  };
  return texts;
}

}  // namespace holdfast::cli
