#include "doctor/preflight/preflight.hpp"

#include <fmt/format.h>

#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "doctor/tree/settings.hpp"
#include "os/machine/limits.hpp"
#include "os/network/sockets.hpp"
#include "os/process/execute.hpp"
#include "services/port_owners.hpp"

namespace holdfast::doctor {
namespace {

class Look {
 public:
  // `tree`: where relative paths begin.
  Look(const std::string& tree, Milliseconds patience) : tree_(tree), patience_(patience) {}

  void look_at(const PreflightNeeds& needs, Kind kind) {
    kind_ = kind;
    if (needs.ports) look_at_ports(*needs.ports);
    look_at_each(needs.sockets, &Look::trouble_with_socket);
    look_at_each(needs.commands, &Look::trouble_with_command);
    look_at_each(needs.disk, &Look::trouble_with_disk);
  }

  Findings take() && { return std::move(missing_); }

 private:
  void add(const std::string& what, const std::string& origin) {
    if (what.empty()) return;
    const bool fails = kind_ == Kind::preflight_fails;
    missing_.push_back(
        {kind_, what, origin, fails ? "provide it: until then ctest runs no test" : "provide it"});
  }

  template <typename T>
  void look_at_each(const std::optional<Needed<T>>& needed,
                    std::string (Look::*trouble_with)(const T&) const) {
    if (!needed) return;
    for (const T& one : needed->all) add((this->*trouble_with)(one), needed->origin);
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

  // A path that settings name. "." is the build tree.
  std::string here(const std::string& path) const {
    if (path == ".") return tree_;
    return path.starts_with('/') ? path : tree_ + "/" + path;
  }

  std::string trouble_with_socket(const std::string& named) const {
    const std::string path = here(named);
    if (is_silent(path, patience_)) return trouble_with_silent(path, "somebody who listens there");
    const Result<void> found = os::look_for_listener(path);
    return found ? std::string() : to_text(found.error()) + ", expected somebody who listens there";
  }

  std::string trouble_with_silent(const std::string& path, const std::string& expected) const {
    return say_silent(path, patience_) + ", expected " + expected;
  }

  std::string trouble_with_command(const std::string& word) const {
    const bool is_path = word.find('/') != std::string::npos;
    const std::string path = is_path ? here(word) : os::find_program(word);
    if (path.empty()) return "\"" + word + "\" is not in PATH, expected a program";
    if (is_path && is_silent(path, patience_)) return trouble_with_silent(path, "a program");
    if (!os::is_program(path)) return path + " cannot be executed, expected a program";
    const std::string interpreter = os::missing_interpreter(path);
    if (interpreter.empty()) return {};
    return fmt::format("{} needs {}, which does not exist", path, brief(interpreter));
  }

  std::string trouble_with_disk(const DiskNeed& need) const {
    const std::string path = here(need.directory);
    const std::string expected = describe_size(need.kb * 1024);
    if (is_silent(path, patience_)) return trouble_with_silent(path, expected + " free");
    const Result<os::DiskSpace> space = os::disk_space(path);
    if (!space) return fmt::format("{}, expected {} free", to_text(space.error()), expected);
    if (space->is_read_only) {
      return fmt::format("{} is on a read-only file system, expected {} free", path, expected);
    }
    if (space->free_kb >= need.kb) return {};
    return fmt::format("{} has {} free, expected {}", path, describe_size(space->free_kb * 1024),
                       expected);
  }

  const std::string& tree_;
  Milliseconds patience_;
  Kind kind_ = Kind::preflight_fails;
  Findings missing_;
};

}  // namespace

Findings look_at_needs(const Preflight& preflight, const std::string& tree, Milliseconds patience) {
  Look look(tree, patience);
  look.look_at(preflight.fail, Kind::preflight_fails);
  look.look_at(preflight.warn, Kind::preflight_warns);
  return std::move(look).take();
}

}  // namespace holdfast::doctor
