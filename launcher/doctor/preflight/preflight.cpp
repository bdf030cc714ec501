#include "doctor/preflight/preflight.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "doctor/tree/ports.hpp"
#include "os/machine/limits.hpp"
#include "os/network/sockets.hpp"
#include "os/process/execute.hpp"
#include "services/port_owners.hpp"

namespace holdfast::doctor {
namespace {

// A path that settings name. "." is the build tree.
std::string in_tree(const std::string& path, const std::string& tree) {
  if (path == ".") return tree;
  return path.starts_with('/') ? path : tree + "/" + path;
}

bool is_path(const std::string& command) { return command.find('/') != std::string::npos; }

void add_paths(const PreflightNeeds& needs, const std::string& tree,
               std::vector<std::string>& paths) {
  if (needs.sockets) {
    for (const std::string& path : needs.sockets->all) paths.push_back(in_tree(path, tree));
  }
  if (needs.commands) {
    for (const std::string& word : needs.commands->all) {
      if (is_path(word)) paths.push_back(in_tree(word, tree));
    }
  }
  if (needs.disk) {
    for (const DiskNeed& need : needs.disk->all) paths.push_back(in_tree(need.directory, tree));
  }
}

// Where needs are looked at, and with which patience.
struct Surroundings {
  std::string tree;
  std::vector<std::string> silent;
  Milliseconds patience;
};

class Look {
 public:
  Look(const Surroundings& surroundings, Trouble trouble, std::vector<Missing>& missing)
      : surroundings_(surroundings), trouble_(trouble), missing_(missing) {}

  void look_at(const PreflightNeeds& needs) {
    if (needs.ports) look_at_ports(*needs.ports);
    look_at_each(needs.sockets, [&](const std::string& path) { return trouble_with_socket(path); });
    look_at_each(needs.commands,
                 [&](const std::string& word) { return trouble_with_command(word); });
    look_at_each(needs.disk, [&](const DiskNeed& need) { return trouble_with_disk(need); });
  }

 private:
  void add(const std::string& what, const std::string& origin) {
    if (!what.empty()) missing_.push_back({trouble_, what, origin});
  }

  template <typename T, typename TroubleWith>
  void look_at_each(const std::optional<Needed<T>>& needed, TroubleWith trouble_with) {
    if (!needed) return;
    for (const T& one : needed->all) add(trouble_with(one), needed->origin);
  }

  void look_at_ports(const Needed<std::uint16_t>& needed) {
    // One question to the kernel is cheaper than one for each port. A port without a listener is
    // free, even if its last connection ended a moment ago.
    const std::vector<TcpSocket> sockets = os::listening_sockets();
    for (const std::uint16_t port : needed.all) {
      const TcpSocket* const listener = listener_on(sockets, port);
      if (listener == nullptr || holder_of_port(port)) continue;
      add(host::owner_of(host::listening_socket(*listener)) + ", expected nobody there",
          needed.origin);
    }
  }

  std::string here(const std::string& path) const { return in_tree(path, surroundings_.tree); }

  bool is_silent(const std::string& path) const {
    return std::ranges::find(surroundings_.silent, path) != surroundings_.silent.end();
  }

  std::string trouble_with_socket(const std::string& named) const {
    const std::string path = here(named);
    if (is_silent(path)) return trouble_with_silent(path, "somebody who listens there");
    const Result<void> found = os::look_for_listener(path);
    return found ? std::string() : to_text(found.error()) + ", expected somebody who listens there";
  }

  std::string trouble_with_silent(const std::string& path, const std::string& expected) const {
    return say_silent(path, surroundings_.patience) + ", expected " + expected;
  }

  std::string trouble_with_command(const std::string& word) const {
    const std::string path = is_path(word) ? here(word) : os::find_program(word);
    if (path.empty()) return "\"" + word + "\" is not in PATH, expected a program";
    if (is_silent(path)) return trouble_with_silent(path, "a program");
    if (!os::is_program(path)) return path + " cannot be executed, expected a program";
    const std::string interpreter = os::missing_interpreter(path);
    if (interpreter.empty()) return {};
    return fmt::format("{} needs {}, which does not exist", path, brief(interpreter));
  }

  std::string trouble_with_disk(const DiskNeed& need) const {
    const std::string path = here(need.directory);
    const std::string expected = describe_size(need.kb * 1024);
    if (is_silent(path)) return trouble_with_silent(path, expected + " free");
    const Result<os::DiskSpace> space = os::disk_space(path);
    if (!space) return fmt::format("{}, expected {} free", to_text(space.error()), expected);
    if (space->is_read_only) {
      return fmt::format("{} is on a read-only file system, expected {} free", path, expected);
    }
    if (space->free_kb >= need.kb) return {};
    return fmt::format("{} has {} free, expected {}", path, describe_size(space->free_kb * 1024),
                       expected);
  }

  const Surroundings& surroundings_;
  Trouble trouble_;
  std::vector<Missing>& missing_;
};

}  // namespace

std::vector<Missing> look_at_needs(const Preflight& preflight, const std::string& tree,
                                   Milliseconds patience) {
  std::vector<std::string> paths;
  add_paths(preflight.fail, tree, paths);
  add_paths(preflight.warn, tree, paths);
  const Surroundings surroundings{tree, silent_among(paths, patience), patience};
  std::vector<Missing> missing;
  Look(surroundings, Trouble::fails, missing).look_at(preflight.fail);
  Look(surroundings, Trouble::warns, missing).look_at(preflight.warn);
  return missing;
}

Findings check_needs(const std::vector<Missing>& missing) {
  Findings all;
  for (const Missing& one : missing) {
    const bool fails = one.trouble == Trouble::fails;
    all.push_back({fails ? Kind::preflight_fails : Kind::preflight_warns, one.what, one.origin,
                   fails ? "provide it: until then ctest runs no test" : "provide it"});
  }
  return all;
}

std::string to_line(const Missing& missing) { return missing.origin + ": " + missing.what; }

}  // namespace holdfast::doctor
