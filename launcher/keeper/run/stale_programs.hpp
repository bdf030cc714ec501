// Finds out whether the programs of a run's tests, and their inputs (core/ctest/test_inputs.hpp),
// are still what they were when the run first saw them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/process_name.hpp"
#include "core/ctest/test_framework.hpp"
#include "core/ctest/test_inputs.hpp"
#include "core/outcome/outcome.hpp"
#include "core/settings/message.hpp"
#include "keeper/base/connections.hpp"
#include "os/memory/free_memory.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast {

class StalePrograms {
 public:
  explicit StalePrograms(ProjectPlace place) : place_(std::move(place)) {}

  enum class Point : std::uint8_t { start, end };
  // Looks at the start or the end of the attempt on `connection`. If the program or an input has
  // changed since the run first saw that file, records the change, once per attempt. A failed write
  // is not reported here: the writer of the attempt's own record has reported it.
  void look(Point point, Connection& connection, const std::string& journal);

  // 16 hexadecimal digits that are the same in each run for the same program, arguments and inputs
  // of an attempt. Empty: not known, or changed during this run. Nothing is known of a program that
  // may have libraries of its own, nor of one that is not the project's and has no input of it.
  std::string fingerprint(const Connection& connection);

  // Forgets all programs, so that the next run knows none.
  void forget() { known_.clear(); }

 private:
  // What stat(2) says of a file. If it is the same as before, the file has not changed.
  struct Seen {
    unsigned long inode = 0;
    long long size = 0;
    long long modified_ns = 0;

    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct Known {
    Seen seen;
    std::optional<ProgramIdentity> identity;
    std::optional<bool> has_run_path = {};  // where it looks for libraries first; not looked up yet
  };

  // Nothing: `path` is missing or is no regular file.
  static std::optional<Seen> stat_of(const std::string& path);
  // Does the work of look() for one file. `what`: as for staleness().
  void look_at(const std::string& path, const std::string& what, Point point,
               Connection& connection, const std::string& journal);

  ProjectPlace place_;
  std::map<std::string, Known> known_;
};

// Finds out which programs contain GoogleTest, and whether they can be asked to leave files. Other
// programs get no settings that only GoogleTest understands.
class GoogletestPrograms {
 public:
  // Reads the program's file once, and again after it has changed.
  TestProgram look_at(const std::string& path);

 private:
  struct Version {
    unsigned long device = 0;
    unsigned long inode = 0;
    long long changed_ns = 0;
    long long size = 0;

    friend bool operator==(const Version&, const Version&) = default;
  };
  struct Known {
    Version version;
    TestProgram program;
  };
  std::map<std::string, Known> known_;
  os::ProgramReader reader_;
};

// Finds out, as far as the keeper can know, whether the kernel killed a test because memory ran
// out. The counter of the run's cgroup shows that, or the kernel's log.
class MemoryWatch {
 public:
  // `events`: the file with the counter; empty: the file of our own cgroup.
  explicit MemoryWatch(const std::string& events) : events_(os::OomEvents::open(events)) {}

  // To be called when an attempt begins on `connection`.
  void note_start(Connection& connection) const;

  // Answers the launcher.
  wire::Message answer(const wire::Message& question, const Connection& asker);

 private:
  os::OomEvents events_;
  OomClaims claims_;
};

}  // namespace holdfast
