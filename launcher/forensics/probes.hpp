// All that is looked at when a test has failed for good. Never fails itself and never changes how
// the test ends: a probe that could not look says why.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/program_identity.hpp"
#include "core/base/result.hpp"
#include "forensics/findings.hpp"
#include "forensics/program_probe.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

struct Subject {
  std::string program;                    // absolute; empty: not known, left out
  std::optional<ProgramIdentity> before;  // as the run, or the first attempt, knew it
  std::string sources;                    // a directory of the project; empty: git is left out
  std::vector<std::string> locks;         // their places (core/lock/lock_place.hpp); none: left out
  std::vector<KnownFile> inputs = {};     // of the test; none: left out
};

inline constexpr Milliseconds k_probe_time{2000};

// The probes run beside one another, each in a process of its own that is ended after `time`, or
// with this object: all of them take hardly longer than that.
class Probes {
 public:
  // Starts them.
  explicit Probes(const Subject& subject, Milliseconds time = k_probe_time);

  // To be waited for, by whoever may be told to do something else meanwhile.
  std::vector<os::BoundedWork*> works() const;
  // What they found; one that is not done was cut short.
  std::vector<Finding> findings() const;

 private:
  struct Probe {
    std::string name;
    std::unique_ptr<os::BoundedWork> work;
  };

  void add(std::string name, const os::BoundedOrder& order);
  void add(std::string name, std::function<Result<std::string>()> look);

  std::string sources_;
  Milliseconds time_;
  std::vector<Probe> probes_;
};

}  // namespace holdfast::forensics
