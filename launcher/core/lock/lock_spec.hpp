// What a lock is called and how it is wanted: `NAME[:shared|:K/N][@scope]`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/words.hpp"

namespace holdfast {

enum class LockMode : std::uint8_t { exclusive, shared, counted };

// In the canonical order in which several locks are taken.
enum class LockScope : std::uint8_t { build, project, user, machine };

constexpr std::array<std::string_view, 4> words_of(LockScope) {
  return {"build", "project", "user", "machine"};
}

struct LockSpec {
  std::string name;
  LockMode mode = LockMode::exclusive;
  unsigned units = 1;  // counted: K, how many slots are wanted
  unsigned size = 1;   // counted: N, how many there are
  LockScope scope = LockScope::project;

  friend bool operator==(const LockSpec&, const LockSpec&) = default;
};

inline constexpr unsigned k_most_slots = 1024;

// A name is any text without `:`, `@`, `,`, `;`, `/` and control characters, at most 200 bytes on
// disk.
Result<LockSpec> parse_lock_spec(std::string_view text);

// CTest's RESOURCE_LOCK is any text: an exclusive lock of the project. Fails only for a name that
// is empty or longer on disk than a file name can be.
Result<LockSpec> promote_resource_lock(std::string_view name);

std::string to_text(const LockSpec& spec);

// Sorted into the one global order (scope, name) that makes deadlock between tests impossible;
// the same lock named twice is merged: exclusive wins over shared. Fails when one name is asked
// for with two sizes, or two counted locks would have one slot variable.
Result<std::vector<LockSpec>> canonical_locks(std::vector<LockSpec> specs);

// What follows HOLDFAST_SLOT_ in the name of the variable that tells a test its slots: the name in
// capitals, with `_` for what is neither a letter nor a digit.
std::string slot_variable(std::string_view name);

}  // namespace holdfast
