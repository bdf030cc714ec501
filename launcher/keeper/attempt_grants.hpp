// Answers what a launcher asks about its attempts: for the first one, for another one after one has
// failed, and whether memory ran out.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/program_identity.hpp"
#include "os/memory/free_memory.hpp"
#include "os/stack/lost_rights.hpp"
#include "run/connections.hpp"
#include "run/keeper_order.hpp"
#include "run/run.hpp"
#include "run/run_lines.hpp"
#include "settings/project_settings.hpp"
#include "settings/wire.hpp"
#include "values/explained_ends.hpp"
#include "values/test_framework.hpp"

namespace holdfast {

// Finds out which programs contain GoogleTest, and whether they can be asked to leave files. Other
// programs get no settings that only GoogleTest understands.
class GoogletestPrograms {
 public:
  // Reads the program's file once, and again after it has changed.
  TestProgram look_at(const std::string& path);

 private:
  struct Known {
    ProgramIdentity seen;
    TestProgram program;
  };
  std::map<std::string, Known> known_;
  os::ProgramReader reader_;
};

// Gives the attempt its name and its policy, from the project's settings, and lends it a directory.
// If the settings have an error, or the test was not chosen, the attempt is refused. Says in
// `lines` what people should know. With Company::possible, the test gets locks that keep it apart
// from the tests of other runs in the tree.
wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Company company, Run& run,
                                 RunLines& lines);

// The run's budget and breaker decide whether there is another attempt. If there is one, this
// function lets go of what was held for the last attempt, and gives the next attempt its name and
// directory.
wire::Again answer_again(const wire::Again& question, Connection& asker, Run& run, RunLines& lines);

// Notes how a test ended, as its farewell says.
void note_farewell(wire::CameOut came_out, const Connection& from, Run& run);

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

// Removes the files of the locks that kept `tests` (keys) of `tree` apart from other runs' tests. A
// lock that somebody has or wants stays.
void remove_locks_of(const std::set<std::string>& tests, const std::string& tree);

}  // namespace holdfast
