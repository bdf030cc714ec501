#include "affected/ninja.hpp"

#include <unistd.h>
#include <limits>

#include <algorithm>

#include "affected/ninja_tools.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::doctor {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t k_largest_log = std::size_t{256} << 20;

// Ninja first makes its own file anew, if it is a target. With -n it only says so and stops. A file
// that includes the other one is no target. Without -n, Ninja might write its logs anew, even
// beside a Ninja that builds.
os::BoundedOrder order_of(const NinjaTree& tree, Words program, const Words& words) {
  os::BoundedOrder order;
  order.words = std::move(program);
  order.words.insert(order.words.end(), {"-f", "/proc/self/fd/0", "-n"});
  order.words.insert(order.words.end(), words.begin(), words.end());
  order.input = "include " + tree.manifest + "\n";
  order.directory = tree.directory;
  order.time = tree.patience;
  order.most_output = std::numeric_limits<std::size_t>::max();
  order.errors_apart = true;
  order.environment = os::own_environment();
  std::erase_if(order.environment,
                [](const std::string& variable) { return variable.starts_with("NINJA_STATUS="); });
  order.environment.emplace_back("NINJA_STATUS=");
  return order;
}

os::BoundedOrder order_of_tool(const NinjaTree& tree, const Words& words) {
  Words all{"-t"};
  all.insert(all.end(), words.begin(), words.end());
  return order_of(tree, {tree.program}, all);
}

// What went wrong, of all that Ninja said. It may show the place in its file after that.
std::string error_in(const std::string& said) {
  const std::size_t at = said.rfind("ninja: error: ");
  return at == std::string::npos ? said : said.substr(at, said.find('\n', at) - at);
}

Result<void> check_end(const std::string& what, os::BoundedEnd end) {
  if (end.ended_well()) return {};
  end.output = error_in(end.errors.empty() ? end.output : end.errors);
  return ErrorInWords{os::trouble_with("ninja " + what, end)};
}

Result<std::string> output_of(const std::string& what, const os::BoundedOrder& order) {
  os::BoundedEnd end = os::run_bounded(order);
  HOLDFAST_DO(check_end(what, end));
  return std::move(end.output);
}

// The whole graph hangs on the nodes from which nothing is made. Each call has as many of them as
// the kernel takes: a quarter of the stack, 6 MiB at most, with the environment.
std::vector<Words> calls_for_graph(std::string_view targets) {
  const auto most =
      static_cast<std::size_t>(std::clamp(::sysconf(_SC_ARG_MAX) / 4, 32L * 1024, 1024L * 1024));
  std::vector<Words> calls;
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

Result<std::string> ask_ninja_tool(const NinjaTree& tree, const Words& words) {
  return output_of("-t " + words[0], order_of_tool(tree, words));
}

Result<std::string> ask_ninja_why(const NinjaTree& tree, const Words& targets) {
  Words words{"-d", "explain"};
  words.insert(words.end(), targets.begin(), targets.end());
  return output_of(
      "-n",
      order_of(tree, {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1 >/dev/null", tree.program}, words));
}

std::string read_ninja_log_of(const NinjaTree& tree) {
  return os::read_file(tree.directory + "/.ninja_log", k_largest_log).value_or("");
}

Result<NinjaTexts> ask_ninja(const NinjaTree& tree) {
  NinjaTexts texts;
  os::BoundedWork deps(order_of_tool(tree, {"deps"}));
  HOLDFAST_TRY(const std::string roots, ask_ninja_tool(tree, {"targets", "depth", "1"}));
  for (const Words& words : calls_for_graph(roots)) {
    os::BoundedWork graph(order_of_tool(tree, words));
    os::await({&graph, &deps});
    HOLDFAST_DO(check_end("-t graph", graph.end()));
    texts.graphs.push_back(graph.end().output);
  }
  texts.log = read_ninja_log_of(tree);
  os::await({&deps});
  HOLDFAST_DO(check_end("-t deps", deps.end()));
  texts.deps = deps.end().output;
  return texts;
}

}  // namespace holdfast::doctor
