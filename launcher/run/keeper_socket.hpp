// How to reach the keeper of a ctest, and what the keeper is told. ctest must be in our PID
// namespace, because its pid means nothing elsewhere. Only functions that take a PID namespace
// accept another one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"

namespace holdfast {

using os::k_probe_patience;

// Returns the path on which the keeper of `ctest` listens, if there is one.
std::string keeper_socket_path_here(const ProcessName& ctest);

// True: somebody listens for `ctest`, which may be in another PID namespace. `numbering` is
// os::numbering_id() there.
bool is_listened_for(const ProcessName& ctest, std::string_view numbering);

// Returns the PID namespace that `numbering` (os::numbering_id()) names; 0: it is not understood.
std::uint64_t pid_namespace_in(std::string_view numbering);

// `patience` is the limit for the connection, and for each packet afterwards.
os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience);

// Waits for the keeper's answer. If a keeper has not answered after a second, it may be stopped, so
// it gets SIGCONT. True: there is an answer, or the keeper is gone.
bool wait_for_answer(int socket, Milliseconds patience);

// Makes this process look like a keeper, also where it is a fork of `holdfast begin` or `holdfast
// keeper`. The path of the tree is not shown, but a number made of it (FNV-1a): a test that ends a
// server by its name would end the keeper too, if the project has that name.
void show_as_keeper(const std::string& tree, const ProcessName& ctest);

// Finds the processes of ours that look after the tests of a ctest.

// True: the environment, as in /proc/<pid>/environ, has an entry that starts with `beginning`.
bool has_entry_like(std::string_view environment, std::string_view beginning);

// True: the keeper of `ctest` exists. A stopped keeper counts.
bool has_keeper(const ProcessName& ctest);

// All runs of a ctest, or one: `ctest -S` has several.
struct RunOfCtest {
  ProcessName ctest;
  std::optional<unsigned> include_count = {};  // none: all
};

// Returns the launchers and guards of a run for which `is_meant` is true. Such a process has
// ctest's name in its environment (HOLDFAST_ATTACH). A test does not get that variable, and a ctest
// inside a test has another name.
using IsMeant = std::function<bool(pid_t pid, const os::ProcessStat& stat)>;
os::TaggedProcesses supervisors_of(const RunOfCtest& run, IsMeant is_meant);

bool is_launcher(const os::ProcessStat& stat);
bool is_guard(const os::ProcessStat& stat);
// True: the guard's launcher is dead or has become another program.
bool is_alone(const os::ProcessStat& guard);

// True: a launcher of `ctest` has died and its guard lives. Such a guard ends its test or keeps a
// fixture's leftovers.
bool has_guard_alone(const ProcessName& ctest);

}  // namespace holdfast
