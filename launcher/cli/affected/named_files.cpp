#include "cli/affected/named_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/program_identity.hpp"
#include "os/process/program_search.hpp"

namespace holdfast::cli {
namespace {

using Node = BuildGraph::Node;

bool is_compiled(const std::string& path) {
  char head[4] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  return is_elf({head, sizeof head});
}

std::string_view value_in(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
}

// What follows the operation in `NAME=set:VALUE`.
std::string_view value_in_modification(std::string_view entry) {
  const std::string_view change = value_in(entry);
  const std::size_t colon = change.find(':');
  return colon == std::string_view::npos ? std::string_view() : change.substr(colon + 1);
}

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

class Namer {
 public:
  Namer(const BuildGraph& graph, const UsedServices& services, const std::string& tree,
        FileNames& names)
      : graph_(graph), services_(services), tree_(tree), names_(names) {}

  CandidateTest candidate(const NamedTest& named) {
    const ListedTest& test = named.test;
    CandidateTest candidate{named.name};
    directory_ = in_tree(test.directory);
    if (test.command.empty()) {
      candidate.program = "its program";
      candidate.trouble = ProgramTrouble::missing;
    } else {
      judge_program(test.command[0], candidate);
    }
    for (std::size_t i = 1; i < test.command.size(); ++i) {
      add_word(test.command[i], k_command, candidate);
    }
    for (const std::string& variable : test.environment) {
      add(value_in(variable), "ENVIRONMENT", candidate);
    }
    for (const std::string& entry : test.modifications) {
      add(value_in_modification(entry), "ENVIRONMENT_MODIFICATION", candidate);
    }
    for (const std::string& file : test.required_files) add(file, "REQUIRED_FILES", candidate);
    add_services(candidate);
    return candidate;
  }

 private:
  struct Resolved {
    std::string name;
    std::vector<Node> nodes = {};  // its own, and that of what it leads to if it is a link
  };

  // ctest starts tests in the build tree.
  std::string in_tree(const std::string& directory) const {
    if (directory.starts_with('/')) return directory;
    return directory.empty() ? tree_ : tree_ + "/" + directory;
  }

  // A name that Ninja has for several files may stand in a command and mean something else.
  std::optional<Node> file_node(const std::string& name) const {
    const std::optional<Node> node = graph_.find(name);
    return node && graph_.is_phony(*node) && !is_file(name) ? std::nullopt : node;
  }

  const Resolved& resolve(const std::string& path) {
    const auto known = resolved_.find(path);
    if (known != resolved_.end()) return known->second;
    Resolved found{names_.of(path)};
    for (const std::string& name : {found.name, names_.target_of(found.name)}) {
      const std::optional<Node> node = file_node(name);
      if (node && std::ranges::find(found.nodes, *node) == found.nodes.end()) {
        found.nodes.push_back(*node);
      }
    }
    return resolved_[path] = std::move(found);
  }

  void judge_program(const std::string& word, CandidateTest& candidate) {
    std::string path = word;
    if (word.find('/') == std::string::npos) {
      path = os::find_program(word);
    } else if (!word.starts_with('/')) {
      path = directory_ + "/" + word;
    }
    candidate.program = word;
    if (path.empty()) {
      candidate.trouble = ProgramTrouble::missing;
      return;
    }
    const Resolved& program = resolve(path);
    add(program.nodes, k_command, candidate);
    const auto is_made = [&](Node node) { return graph_.is_made(node); };
    if (std::ranges::any_of(program.nodes, is_made)) return;
    if (::access(program.name.c_str(), F_OK) != 0) {
      candidate.trouble = ProgramTrouble::missing;
    } else if (program.name.starts_with(tree_ + "/") && is_compiled(program.name)) {
      candidate.trouble = ProgramTrouble::made_elsewhere;
    }
  }

  void add_services(CandidateTest& candidate) {
    const auto found = services_.by_test.find(candidate.name);
    if (found == services_.by_test.end()) return;
    for (const std::size_t place : found->second) {
      const UsedService& service = services_.services[place];
      directory_ = in_tree(service.directory);
      for (const std::string& word : service.words) add_word(word, service.shown, candidate);
    }
  }

  void add_word(std::string_view word, std::string_view by, CandidateTest& candidate) {
    if (!word.starts_with('-')) add(word, by, candidate);
    add(value_in(word), by, candidate);
  }

  void add(std::string_view path, std::string_view by, CandidateTest& candidate) {
    if (path.empty()) return;
    // Absolute paths may be links. A relative word is often no path at all.
    if (path.starts_with('/')) return add(resolve(std::string(path)).nodes, by, candidate);
    if (const std::optional<Node> node = file_node(names_.of(path, directory_))) {
      add({*node}, by, candidate);
    }
  }

  static void add(const std::vector<Node>& nodes, std::string_view by, CandidateTest& candidate) {
    for (const Node node : nodes) {
      const auto is_it = [&](const NamedFile& file) { return file.node == node; };
      if (std::ranges::none_of(candidate.files, is_it)) candidate.files.push_back({node, by});
    }
  }

  static constexpr std::string_view k_command = "command";

  const BuildGraph& graph_;
  const UsedServices& services_;
  const std::string& tree_;
  FileNames& names_;
  std::string directory_;  // from which relative paths begin
  std::unordered_map<std::string, Resolved> resolved_;
};

}  // namespace

std::vector<CandidateTest> candidates_of(const std::vector<NamedTest>& tests,
                                         const UsedServices& services, const BuildGraph& graph,
                                         const std::string& tree, FileNames& names) {
  Namer namer(graph, services, tree, names);
  std::vector<CandidateTest> candidates;
  candidates.reserve(tests.size());
  for (const NamedTest& test : tests) candidates.push_back(namer.candidate(test));
  return candidates;
}

}  // namespace holdfast::cli
