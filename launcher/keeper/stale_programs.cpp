#include "keeper/stale_programs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.hpp"
#include "journal/record_lines.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/program_identity.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast {
namespace {

void record(const Connection& connection, const std::string& path, const std::string& journal,
            const std::string& why) {
  const double now = os::unix_now();
  const Stale stale{now, connection.attempt, connection.test, connection.key, path, why};
  (void)os::append_line(journal, line_of(stale));
}

bool is_in(const std::string& file, const std::string& directory) {
  return !directory.empty() && file.starts_with(directory + "/");
}

}  // namespace

std::optional<ProgramIdentity> stat_of_program(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return ProgramIdentity{0, info.st_ino, static_cast<std::uint64_t>(info.st_size),
                         info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
}

void StalePrograms::look(Point point, Connection& connection, const std::string& journal) {
  look_at(connection.program, "program", point, connection, journal);
  const TestInputs& inputs = connection.inputs;
  for (const std::string& path : inputs.required) {
    look_at(path, "input " + path, point, connection, journal);
  }
  for (const std::string& path : inputs.named) {
    const Named named = &path == &inputs.named.front() ? Named::first : Named::later;
    // A known file was found to be an input earlier, even if it is gone now.
    if (known_.contains(path) || is_input(path, named, ::access(path.c_str(), X_OK) == 0, place_)) {
      look_at(path, "input " + path, point, connection, journal);
    }
  }
}

std::string StalePrograms::fingerprint(const Connection& connection) {
  if (connection.is_stale) return {};
  const auto own = known_.find(connection.program);
  if (own == known_.end()) return {};
  std::optional<bool>& has_run_path = own->second.has_run_path;
  if (!has_run_path) {
    const std::optional<os::ElfLinks> links = os::elf_links(connection.program);
    has_run_path = links && !links->run_paths.empty();
  }
  // It may have libraries of its own, and these may have changed.
  if (*has_run_path) return {};
  Fnv1a hash;
  hash.add(std::to_string(connection.command_sum)).end();
  const auto add = [&](const std::string& path) {
    const auto known = known_.find(path);
    if (known == known_.end() || !known->second.identity) return false;
    const ProgramIdentity& file = *known->second.identity;
    // A build that makes the same program anew changes its time, and not its build-id.
    hash.add(file.build_id.empty() ? fmt::format("{} {}", file.size, file.modified_ns)
                                   : file.build_id)
        .end();
    return true;
  };
  if (!add(connection.program)) return {};
  bool has_own =
      is_in(connection.program, place_.sources) || is_in(connection.program, place_.tree);
  for (const std::string& path : connection.inputs.required) has_own = add(path) || has_own;
  for (const std::string& path : connection.inputs.named) has_own = add(path) || has_own;
  // `sh -c "…"` starts who knows what.
  return has_own ? fmt::format("{:016x}", hash.value()) : std::string();
}

void StalePrograms::look_at(const std::string& path, const std::string& what, Point point,
                            Connection& connection, const std::string& journal) {
  if (path.empty() || connection.is_stale) return;
  const std::optional<ProgramIdentity> seen = stat_of_program(path);
  const auto known = known_.find(path);
  if (known == known_.end()) {
    // A file that does not exist yet (a fixture may build it) becomes known when it exists.
    if (seen) known_[path] = {*seen, os::known_program(path)};
    return;
  }
  if (seen == known->second.seen) return;
  const std::optional<ProgramIdentity> now = os::known_program(path);
  // If the file had changed by the start of the attempt, that was recorded at the start.
  const std::optional<ProgramIdentity>& first = known->second.identity;
  const std::string why = staleness(what, first, point == Point::start ? now : first, now);
  if (why.empty()) return;
  connection.is_stale = true;
  record(connection, path, journal, why);
}

}  // namespace holdfast
