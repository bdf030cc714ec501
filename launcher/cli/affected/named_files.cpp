#include "cli/affected/named_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/affected/word_paths.hpp"
#include "core/base/parts.hpp"
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
        const std::unordered_set<std::string>& changed_links, FileNames& names)
      : graph_(graph),
        services_(services),
        tree_(tree),
        changed_links_(changed_links),
        names_(names) {}

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
      add_value(value_in(variable), "ENVIRONMENT", candidate);
    }
    for (const std::string& entry : test.modifications) {
      add_value(value_in_modification(entry), "ENVIRONMENT_MODIFICATION", candidate);
    }
    for (const std::string& file : test.required_files) add(file, "REQUIRED_FILES", candidate);
    add_services(candidate);
    return candidate;
  }

 private:
  struct Resolved {
    std::string name;
    // Its own, that of what it leads to if it is a link, and changed links on the way there.
    std::vector<Node> nodes = {};
    bool is_foreign = false;  // compiled, in the build tree, and Ninja does not make it
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
    struct stat info {};
    const bool is_link = ::lstat(found.name.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
    add_node(found.name, found);
    if (is_link) add_node(names_.target_of(found.name), found);
    if (!changed_links_.empty()) {
      for (const std::string& link : names_.links_on(path)) {
        if (changed_links_.contains(link)) add_node(link, found);
      }
    }
    const auto is_made = [&](Node node) { return graph_.is_made(node); };
    found.is_foreign = found.name.starts_with(tree_ + "/") && (is_link || S_ISREG(info.st_mode)) &&
                       std::ranges::none_of(found.nodes, is_made) && is_compiled(found.name);
    return resolved_[path] = std::move(found);
  }

  void add_node(const std::string& name, Resolved& to) const {
    const std::optional<Node> node = file_node(name);
    if (node && std::ranges::find(to.nodes, *node) == to.nodes.end()) to.nodes.push_back(*node);
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
    add(program, word, k_command, candidate);
    const auto is_made = [&](Node node) { return graph_.is_made(node); };
    if (std::ranges::any_of(program.nodes, is_made)) return;
    if (::access(program.name.c_str(), F_OK) != 0) candidate.trouble = ProgramTrouble::missing;
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
    find_paths(word, [&](std::string_view path) { return add(path, by, candidate); });
  }

  void add_value(std::string_view value, std::string_view by, CandidateTest& candidate) {
    if (!add(value, by, candidate)) {
      find_paths(value, [&](std::string_view path) { return add(path, by, candidate); });
    }
  }

  // False: nobody knows this file.
  bool add(std::string_view path, std::string_view by, CandidateTest& candidate) {
    if (path.empty()) return false;
    const bool is_absolute = path.starts_with('/');
    const Resolved& file =
        resolve(is_absolute ? std::string(path) : text_of({directory_, "/", path}));
    add(file, path, by, candidate);
    return !file.nodes.empty() || file.is_foreign;
  }

  static void add(const Resolved& file, std::string_view shown, std::string_view by,
                  CandidateTest& candidate) {
    for (const Node node : file.nodes) {
      const auto is_it = [&](const NamedFile& other) { return other.node == node; };
      if (std::ranges::none_of(candidate.files, is_it)) candidate.files.push_back({node, by});
    }
    if (!file.is_foreign || candidate.trouble != ProgramTrouble::none) return;
    candidate.trouble = ProgramTrouble::made_elsewhere;
    candidate.program = shown;
  }

  static constexpr std::string_view k_command = "command";

  const BuildGraph& graph_;
  const UsedServices& services_;
  const std::string& tree_;
  const std::unordered_set<std::string>& changed_links_;
  FileNames& names_;
  std::string directory_;  // from which relative paths begin
  std::unordered_map<std::string, Resolved> resolved_;
};

}  // namespace

std::vector<CandidateTest> candidates_of(const std::vector<NamedTest>& tests,
                                         const UsedServices& services, const BuildGraph& graph,
                                         const std::string& tree,
                                         const std::unordered_set<std::string>& changed_links,
                                         FileNames& names) {
  Namer namer(graph, services, tree, changed_links, names);
  std::vector<CandidateTest> candidates;
  candidates.reserve(tests.size());
  for (const NamedTest& test : tests) candidates.push_back(namer.candidate(test));
  return candidates;
}

}  // namespace holdfast::cli
