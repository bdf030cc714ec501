#include "affected/named_files.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "affected/command_reading.hpp"
#include "base/environment.hpp"
#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "ctest/environment_modification.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "settings/declared_services.hpp"

namespace holdfast::cli {
namespace {

// Of an absolute path, or of an empty one. Empty: the root.
std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

constexpr std::size_t k_most_links = 40;  // as the kernel has it

using Node = BuildGraph::Node;

bool is_compiled(const std::string& path) {
  char head[4] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  return is_elf({head, sizeof head});
}

std::optional<std::string> own_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

constexpr std::size_t k_longest_script = 256 * 1024;

// Whether a script may start a build: `cmake --build`, `ctest --build-and-test`, try_compile().
bool starts_build(const std::string& path) {
  const Result<std::string> text = os::read_file(path, k_longest_script);
  return text && (text->find("--build") != std::string::npos ||
                  text->find("try_compile") != std::string::npos);
}

bool is_script(std::string_view path, mode_t mode) {
  const bool has_suffix =
      path.ends_with(".cmake") || path.ends_with(".sh") || path.ends_with(".py");
  return has_suffix || (mode & S_IXUSR) != 0;
}

// Whether `path` is `directory` or below it.
bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

class Namer {
 public:
  Namer(const NamingQuestion& question, FileNames& names) : question_(question), names_(names) {}

  CandidateTest candidate(const ListedTest& test) {
    candidate_ = {test.name};
    const std::string directory = in_tree(test.directory);
    CommandReader reader(directory, own_variable);
    std::vector<std::string> own;
    if (!test.modifications.empty()) own = os::own_environment();
    for (const std::string& entry :
         modified_environment(std::move(own), test.environment, test.modifications)) {
      reader.set(std::string(name_in(entry)), std::string(value_in(entry)));
    }
    directories_ = {directory};
    add_working_directory(names_.of(directory + "/."));
    if (test.command.empty()) {
      candidate_.program = "its program";
      candidate_.trouble = ProgramTrouble::missing;
    } else {
      judge_program(test.command[0]);
    }
    add_command(std::move(reader), test.command, k_command);
    directories_ = {directory};
    for (const std::string& variable : test.environment) {
      add_value(name_in(variable), value_in(variable), "ENVIRONMENT");
    }
    for (const std::string& entry : test.modifications) {
      const std::string_view change = value_in(entry);  // `set:VALUE`
      add_value(name_in(entry), change.substr(change.find(':') + 1), "ENVIRONMENT_MODIFICATION");
    }
    for (const std::string& file : test.required_files) {
      add(file, {"REQUIRED_FILES", file});
    }
    add_services();
    add_tree();
    return std::move(candidate_);
  }

  std::vector<FileGroup> take_groups() && {
    std::vector<FileGroup> groups(groups_.size());
    for (const auto& [group, number] : groups_) groups[number] = group;
    return groups;
  }

 private:
  struct Resolved {
    std::string name;
    // Its own, that of what it leads to if it is a link, and changed links on the way there.
    std::vector<Node> nodes = {};
    bool is_there = false;
    bool is_foreign = false;  // compiled, in the build tree, and Ninja does not make it
    bool starts_build = false;
    std::string directory = {};  // its name; empty: it is none
  };

  // What names a file, and how.
  struct Naming {
    std::string_view by;
    std::string_view shown;
    // Of a directory in the build tree, this says nothing about the files in it.
    bool is_place = false;
    bool makes_known = true;  // FileGroup
    bool is_whole = false;    // it is a word, and not a part of one
  };

  // ctest starts tests in the build tree.
  std::string in_tree(const std::string& directory) const {
    if (directory.starts_with('/')) return directory;
    return question_.tree + "/" + directory;
  }

  // A name that Ninja has for several files may stand in a command and mean something else.
  std::optional<Node> file_node(const std::string& name) const {
    const std::optional<Node> node = question_.graph.find(name);
    std::error_code failed;
    const bool has_other_meaning =
        node && question_.graph.is_phony(*node) && !std::filesystem::is_regular_file(name, failed);
    return has_other_meaning ? std::nullopt : node;
  }

  bool is_made(const std::vector<Node>& nodes) const {
    return std::ranges::any_of(nodes, [&](Node node) { return question_.graph.is_made(node); });
  }

  const Resolved& resolve(const std::string& path) {
    static const Resolved k_nothing{};
    if (path.size() > PATH_MAX) return k_nothing;
    const auto known = resolved_.find(path);
    if (known != resolved_.end()) return known->second;
    Resolved found{names_.of(path)};
    struct stat info {};
    found.is_there = ::lstat(found.name.c_str(), &info) == 0;
    const bool is_link = found.is_there && S_ISLNK(info.st_mode);
    add_node(found.name, found);
    if (is_link) add_node(names_.target_of(found.name), found);
    if (!question_.changed_links.empty()) {
      for (const std::string& link : names_.links_on(path)) {
        if (question_.changed_links.contains(link)) add_node(link, found);
      }
    }
    if (is_link) ::stat(found.name.c_str(), &info);
    // What was removed may have been a directory.
    const bool may_be_gone = !found.is_there && (is_within(found.name, question_.source) ||
                                                 is_within(found.name, question_.tree));
    if (may_be_gone || (found.is_there && S_ISDIR(info.st_mode))) {
      found.directory = names_.of(path + "/.");
    }
    found.is_foreign = found.name.starts_with(question_.tree + "/") && S_ISREG(info.st_mode) &&
                       !is_made(found.nodes) && is_compiled(found.name);
    found.starts_build = S_ISREG(info.st_mode) && !is_made(found.nodes) &&
                         is_script(found.name, info.st_mode) &&
                         is_within(found.name, question_.source) && starts_build(found.name);
    return resolved_[path] = std::move(found);
  }

  void add_node(const std::string& name, Resolved& to) const {
    const std::optional<Node> node = file_node(name);
    if (node && std::ranges::find(to.nodes, *node) == to.nodes.end()) to.nodes.push_back(*node);
  }

  void judge_program(const std::string& word) {
    candidate_.program = word;
    // A name without a slash is one that ctest has not found in its PATH.
    const Resolved& program =
        resolve(word.starts_with('/') ? word : directories_.front() + "/" + word);
    add(program, {k_command, word});
    if (is_made(program.nodes)) return;
    // ctest executes no directory.
    if (::access(program.name.c_str(), F_OK) != 0 || !program.directory.empty())
      candidate_.trouble = ProgramTrouble::missing;
  }

  void add_command(CommandReader reader, const std::vector<std::string>& words,
                   std::string_view by) {
    reader.read(words);
    for (const std::string& directory : reader.search_path()) {
      const std::string whole = joined_path(directories_.front(), directory);
      const bool is_own = is_within(whole, question_.source) || is_within(whole, question_.tree);
      if (is_own || is_pattern(whole)) search_path_.push_back(whole);
    }
    ReadCommand command = std::move(reader).take();
    directories_ = std::move(command.directories);
    candidate_.builds = candidate_.builds || command.builds;
    for (const CommandWord& word : command.words) {
      Naming naming{by, word.shown, word.is_place, !word.is_place && !word.is_guess};
      const auto add_part = [&](std::string_view path) { return add(path, naming); };
      const std::size_t unknown = word.text.find_first_of(k_wildcards);
      if (!word.text.starts_with('-')) {
        naming.is_whole = true;
        add_part(word.text);
        naming.is_whole = false;
      } else if (unknown != std::string::npos) {  // -f$X
        add_part(std::string_view(word.text).substr(unknown));
      }
      find_paths(word.text, add_part);
    }
    search_path_.clear();
  }

  void add_services() {
    const auto found = question_.services.by_test.find(candidate_.name);
    if (found == question_.services.by_test.end()) return;
    for (const std::size_t place : found->second) {
      const UsedService& service = question_.services.services[place];
      add_command(CommandReader(in_tree(service.directory), own_variable), service.words,
                  service.shown);
    }
  }

  void add_value(std::string_view variable, std::string_view value, std::string_view by) {
    // Programs and libraries are found by these. Ninja knows what they are made from, and the words
    // of a command are looked up in PATH.
    const bool is_search_path = variable == "PATH" || variable == "LD_LIBRARY_PATH";
    const auto add_part = [&](std::string_view path) {
      return add(path, {by, path, is_search_path});
    };
    if (!add_part(value)) find_paths(value, add_part);
  }

  // A test may read what is where it runs, without naming it.
  void add_working_directory(const std::string& directory) {
    if (is_within(directory, question_.tree) || is_within(question_.source, directory)) return;
    add_group({FileGroup::Kind::not_built, directory}, {"WORKING_DIRECTORY", directory});
  }

  // False: nobody knows this file.
  bool add(std::string_view path, const Naming& naming) {
    if (path.empty()) return false;
    if (is_pattern(path)) return add_pattern(std::string(path), naming);
    if (path.starts_with('/')) {
      const Resolved& file = resolve(std::string(path));
      add(file, naming);
      if (!file.is_there) add_as_glob(path, naming);
      return is_known(file);
    }
    bool is_known_once = false;
    bool is_there = false;
    const bool is_name = path.find('/') == std::string_view::npos;
    Naming here = naming;
    here.makes_known = naming.makes_known && !is_name;
    const auto try_in = [&](const std::string& directory) {
      if (is_pattern(directory)) {
        add_pattern(joined_path(directory, path), here);
        return;
      }
      const Resolved& file = resolve(text_of({directory, "/", path}));
      // A plain word may be the name of a directory in the build tree by chance.
      if (is_name && naming.is_whole && !naming.is_place && file.is_there &&
          is_path_below(file.directory, question_.tree)) {
        add_group({FileGroup::Kind::doubt, file.directory + "/" + k_unknown}, here);
      }
      here.is_place = naming.is_place || is_name;
      add(file, here);
      here.is_place = naming.is_place;
      is_known_once = is_known_once || is_known(file);
      is_there = is_there || file.is_there;
    };
    std::ranges::for_each(directories_, try_in);
    if (is_name) std::ranges::for_each(search_path_, try_in);
    if (!is_name && !is_there && !is_known_once) {
      add_as_glob(path, naming);
      std::string_view part = path;
      while (take_words(part, "./") || take_words(part, "../")) continue;
      if (!part.empty()) {
        add_group({FileGroup::Kind::doubt, text_of({{&k_unknown, 1}, "/", part})}, naming);
      }
    }
    return is_known_once;
  }

  // A program may expand a glob itself, or take it for something else.
  void add_as_glob(std::string_view path, const Naming& naming) {
    if (path.find('*') == std::string_view::npos) return;
    std::string pattern(path);
    std::ranges::replace(pattern, '*', k_unknown);
    add_pattern(pattern, naming);
  }

  bool add_pattern(const std::string& pattern, const Naming& naming) {
    const bool is_alone = pattern.starts_with('/') || pattern.starts_with(k_unknown);
    if (is_alone) {
      add_whole_pattern(pattern, naming);
    } else {
      for (const std::string& directory : directories_) {
        add_whole_pattern(joined_path(directory, pattern), naming);
      }
    }
    return is_glob(pattern);
  }

  // What is known of it is a directory, which may have links.
  void add_whole_pattern(std::string pattern, const Naming& naming) {
    if (pattern.find("/.") != std::string::npos) pattern = joined_path("/", pattern);
    const std::size_t slash = pattern.substr(0, pattern.find_first_of(k_wildcards)).rfind('/');
    if (slash != std::string::npos) {
      pattern = joined_path("/", pattern);
      const std::size_t known = pattern.substr(0, pattern.find_first_of(k_wildcards)).rfind('/');
      pattern = names_.of(pattern.substr(0, known) + "/.") + pattern.substr(known);
    }
    add_group({is_glob(pattern) ? FileGroup::Kind::glob : FileGroup::Kind::doubt, pattern}, naming);
  }

  static bool is_known(const Resolved& file) { return !file.nodes.empty() || file.is_foreign; }

  void add(const Resolved& file, const Naming& naming) {
    for (const Node node : file.nodes) {
      const auto is_it = [&](const NamedFile& other) { return other.node == node; };
      if (std::ranges::none_of(candidate_.files, is_it)) {
        candidate_.files.push_back({node, naming.by});
      }
    }
    if (file.starts_build && naming.by == k_command) {
      candidate_.builds = true;  // and nobody knows of which files
      add_group({FileGroup::Kind::not_built, question_.source}, naming);
    }
    if (!file.directory.empty()) add_directory(file.directory, naming);
    if (!file.is_foreign || candidate_.trouble != ProgramTrouble::none) return;
    candidate_.trouble = ProgramTrouble::made_elsewhere;
    candidate_.program = naming.shown;
  }

  // Of the top of the source tree, only what the build does not know counts: other tests name the
  // rest. The top of the build tree is often only a place to write to.
  void add_directory(const std::string& directory, const Naming& naming) {
    if (directory == question_.source) {
      add_group({FileGroup::Kind::not_built, directory}, naming);
    } else if (directory == question_.tree) {
      if (!naming.is_place) names_tree_.emplace_back(naming.by, naming.shown);
    } else if (!is_within(question_.source, directory) && !is_within(question_.tree, directory) &&
               !(naming.is_place && is_within(directory, question_.tree))) {
      add_group({FileGroup::Kind::directory, directory}, naming);
    }
  }

  void add_tree() {
    const auto is_made = [&](const NamedFile& file) { return question_.graph.is_made(file.node); };
    if (!names_tree_.empty() && std::ranges::none_of(candidate_.files, is_made)) {
      const auto& [by, shown] = names_tree_.front();
      add_group({FileGroup::Kind::directory, question_.tree}, {by, shown});
    }
    names_tree_.clear();
  }

  void add_group(FileGroup group, const Naming& naming) {
    group.makes_known = naming.makes_known;
    const auto [found, is_new] = groups_.emplace(std::move(group), groups_.size());
    const std::size_t number = found->second;
    const auto is_it = [&](const NamedGroup& other) { return other.group == number; };
    if (std::ranges::any_of(candidate_.groups, is_it)) return;
    candidate_.groups.push_back({number, naming.by, std::string(naming.shown)});
  }

  static constexpr std::string_view k_command = "command";

  const NamingQuestion& question_;
  FileNames& names_;
  CandidateTest candidate_;
  std::vector<std::string> directories_;  // from which relative paths begin: maybe patterns
  std::vector<std::pair<std::string_view, std::string>> names_tree_;  // what names the build tree
  std::vector<std::string> search_path_;  // where words without a slash may be, too
  std::unordered_map<std::string, Resolved> resolved_;
  std::map<FileGroup, std::size_t> groups_;
};

UsedService used(const ServiceSpec& spec) {
  UsedService service{"service " + spec.name, spec.directory, {}};
  for (const ServiceCommand& command :
       {spec.command, spec.init, spec.reset, spec.stop, spec.ready.command, spec.health.command}) {
    service.words.insert(service.words.end(), command.begin(), command.end());
  }
  for (const Variable& variable : spec.environment) {
    service.words.push_back(variable.name + "=" + variable.value);
  }
  return service;
}

// Adds the service and those that have to be there before it.
void add_service(const std::vector<ServiceSpec>& specs, std::string_view name,
                 std::set<std::size_t>& places) {
  const auto spec = std::ranges::find(specs, name, &ServiceSpec::name);
  if (spec == specs.end()) return;
  if (!places.insert(static_cast<std::size_t>(spec - specs.begin())).second) return;
  for (const std::string& below : spec->depends) add_service(specs, below, places);
}

}  // namespace

std::string FileNames::of(std::string_view path) {
  const std::string absolute = whole(path);
  const std::string name = absolute.substr(absolute.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return directory(absolute);
  return directory(parent_of(absolute)) + "/" + name;
}

std::string FileNames::target_of(const std::string& link) {
  std::error_code failed;
  const std::string real = std::filesystem::canonical(link, failed).string();
  return failed ? std::string() : of(real);
}

std::vector<std::string> FileNames::links_on(std::string_view path) const {
  std::vector<std::string> links;
  std::string real;
  std::string rest = whole(path);
  while (!rest.empty() && links.size() < k_most_links) {
    std::string_view open = rest;
    const std::string part(take_part(open, '/'));
    rest = std::string(open);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      real = parent_of(real);
      continue;
    }
    real += "/" + part;
    const std::string target = os::read_link(real);
    if (target.empty()) continue;
    links.push_back(real);
    real = target.starts_with('/') ? std::string() : parent_of(real);
    rest = target + "/" + rest;
  }
  return links;
}

std::string FileNames::whole(std::string_view path) const {
  std::string whole = path.starts_with('/') ? std::string(path) : text_of({base_, "/", path});
  std::ranges::replace(whole, '\\', '/');
  return whole;
}

const std::string& FileNames::directory(const std::string& path) {
  const auto [found, is_new] = directories_.try_emplace(path);
  if (!is_new || path.empty()) return found->second;
  // It may have been deleted.
  std::error_code failed;
  std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
  if (failed) real = std::filesystem::path(path).lexically_normal();
  found->second = real.string();
  if (found->second.ends_with('/')) found->second.pop_back();
  return found->second;
}

std::string path_from(const std::string& directory, const std::string& file) {
  const std::string path = std::filesystem::path(file).lexically_relative(directory).string();
  return path.empty() ? file : path;
}

Result<UsedServices> used_services(const ProjectSettings& settings, const std::string& tree,
                                   const std::string& configuration,
                                   const std::vector<ListedTest>& tests) {
  UsedServices all;
  HOLDFAST_TRY(const std::vector<ServiceSpec> specs,
               declared_services(settings.settings(), tree, configuration));
  if (specs.empty()) return all;
  all.services = collected(specs, used);
  for (const ListedTest& test : tests) {
    // A test with settings that are refused does not run.
    const auto resolved = settings.resolve(test.name, test.properties, test.said);
    if (!resolved) continue;
    std::set<std::size_t> places;
    for (const ServiceUse& use : resolved->policy.services) add_service(specs, use.name, places);
    if (places.empty()) continue;
    std::vector<std::size_t>& of_test = all.by_test[test.name];  // others may have its name
    of_test.insert(of_test.end(), places.begin(), places.end());
  }
  return all;
}

NamedByTests named_by(const std::vector<ListedTest>& tests, const NamingQuestion& question,
                      FileNames& names) {
  Namer namer(question, names);
  std::vector<CandidateTest> candidates =
      collected(tests, [&](const ListedTest& test) { return namer.candidate(test); });
  return {std::move(candidates), std::move(namer).take_groups()};
}

}  // namespace holdfast::cli
