// The name of a lock and how a test wants it: `NAME[:shared|:K/N|:SIZE/SIZE][@scope]`, or
// `memory:SIZE[@scope]`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

// Sizes in text, such as the amount of memory that a lock is asked for.

// No size is larger: 1 EiB.
inline constexpr std::uint64_t k_largest_size_kb = std::uint64_t{1} << 50U;

// Reads "8GiB", "512MiB", "4KiB" or "1TiB" as KiB; none for anything else, and for zero.
std::optional<std::uint64_t> parse_size_kb(std::string_view text);

// The same size with the largest unit that gives a whole number.
std::string size_text(std::uint64_t kb);

// Of a lock with an amount, each holder has a part of a whole, in KiB.
enum class LockMode : std::uint8_t { exclusive, shared, counted, amount };

constexpr auto words_of(LockMode) { return word_list("exclusive", "shared", "counted", "amount"); }

// Whether holders of such a lock may each have some units of it.
constexpr bool has_units(LockMode mode) {
  return mode == LockMode::counted || mode == LockMode::amount;
}

// In the canonical order in which several locks are taken. Locks of scope `cluster` are held by an
// etcd, all others by this machine.
enum class LockScope : std::uint8_t { build, project, user, machine, cluster };

constexpr auto words_of(LockScope) {
  return word_list("build", "project", "user", "machine", "cluster");
}

struct LockSpec {
  std::string name;
  LockMode mode = LockMode::exclusive;
  std::uint64_t units = 1;  // counted: K, how many slots are wanted; amount: KiB that are wanted
  // counted: N, how many there are; amount: all KiB, 0: the machine's memory
  std::uint64_t size = 1;
  LockScope scope = LockScope::project;

  friend bool operator==(const LockSpec&, const LockSpec&) = default;
};

inline constexpr unsigned k_most_slots = 1024;

// The lock whose whole is the machine's memory if a spec does not give it. Its scope is then the
// user unless the spec gives one.
inline constexpr std::string_view k_memory_name = "memory";

// A name is any text without `:` `@` `,` `;` `/` and control characters, at most 200 bytes on disk.
Result<LockSpec> parse_lock_spec(std::string_view text);

// Turns a name in CTest's RESOURCE_LOCK, which may be any text, into an exclusive lock of the
// project. Fails only for a name that is empty, or too long for a file name.
Result<LockSpec> promote_resource_lock(std::string_view name);

std::string to_text(const LockSpec& spec);

// How a lock is taken: what follows the `:` of a spec. `shared`, `1/4`, `6GiB/24GiB`, or `6GiB` if
// the size is 0; empty for an exclusive lock.
std::string how_text(LockMode mode, std::uint64_t units, std::uint64_t size);
// Of a spec, a holder or a waiter.
template <typename Taken>
std::string how_of(const Taken& taken) {
  return how_text(taken.mode, taken.units, taken.size);
}
// A spec of another name that is taken so. None: the text says nothing, or is not understood.
std::optional<LockSpec> parse_how(std::string_view how);

// Sorts locks into the one global order (scope, name), which makes deadlock between tests
// impossible. Merges two specs of the same lock: exclusive wins over shared. Fails if one name has
// two sizes, or if two locks would tell the test of themselves by the same variable.
Result<std::vector<LockSpec>> canonical_locks(std::vector<LockSpec> specs);

// What follows HOLDFAST_SLOT_ in the variable that tells a test its slots, and HOLDFAST_FENCE_ in
// that of its fence: the name in capitals, with `_` for all but letters and digits.
std::string slot_variable(std::string_view name);

// The TCP ports that Holdfast hands out, and the locks that stand for them. Among processes of one
// user, whoever has the lock of a port may use the port.

// What the locks of ports have before the number: `port-8080`.
inline constexpr std::string_view k_port_lock_prefix = "port-";

LockSpec lock_of_port(std::uint16_t port);
// The number of the port, as text. Only for such a lock.
std::string_view port_in_text(const LockSpec& lock);

// The ports to choose from. The kernel gives those of the ephemeral range to anybody who asks for
// any port, so these lie below it.
struct PortRange {
  std::uint16_t first = 1024;  // ports below are root's
  unsigned count = 0;          // 0: there is none
};
// `ephemeral`: the text of /proc/sys/net/ipv4/ip_local_port_range, ip(7). If it is not understood,
// the kernel's default holds.
PortRange ports_below(std::string_view ephemeral);

// The candidate that is tried after `tried` others. `start` is random, so that processes that
// choose at the same time rarely try the same ports. The range is not empty.
std::uint16_t candidate(const PortRange& range, std::uint32_t start, unsigned tried);

// How many candidates are tried at most. A choice takes no more than some 10 ms in the worst case.
inline constexpr unsigned k_most_port_tries = 1000;

// `8001;8002`, as services and tests are told them.
std::string ports_in_text(const std::vector<std::uint16_t>& ports);

// Which lock a spec means: `db@project` is another lock in another project.

// Where the request comes from.
struct LockHome {
  std::string project;  // key of the scope `project`; empty outside a build tree
  std::string tree;     // build tree; empty outside one
};

// The directory of the scope, below that of all locks: `project-<key>`, `build-<hash of the tree>`,
// `user`, `machine`; for the locks that etcd has `cluster`, which is no directory. Outside a build
// tree there is no project; the next wider scope is the user.
std::string scope_directory(LockScope scope, const LockHome& home);

// `<scope directory>/<name, encoded>`: the same text for the same lock, everywhere.
std::string place_of(const LockSpec& spec, const LockHome& home);

// The specs with the scopes that exist at `home`. A scope that does not exist there is replaced by
// the next wider scope. So no lock is asked for twice, and the global order also holds for places.
Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs);

// The place of the lock that a run has on its build tree. No spec of a test names this lock.
std::string run_place(const std::string& tree);

}  // namespace holdfast
