// What must be there before a run begins: [preflight] of holdfast.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct DiskNeed {
  std::string directory;
  std::uint64_t kb = 0;  // KiB

  friend bool operator==(const DiskNeed&, const DiskNeed&) = default;
};

// What one key says.
template <typename T>
struct Needed {
  std::vector<T> all;
  std::string origin;  // "holdfast.toml:12, [preflight]"

  friend bool operator==(const Needed&, const Needed&) = default;
};

// The keys of one table. A key that the table does not have is none; a key may also have an empty
// list. The fields are explained in table_keys.def. A relative path is below the build tree.
struct PreflightNeeds {
  std::optional<Needed<std::uint16_t>> ports;
  std::optional<Needed<std::string>> sockets;
  std::optional<Needed<std::string>> commands;
  std::optional<Needed<DiskNeed>> disk;

  // Takes each key that `later` has in place of our own.
  void replace_by(const PreflightNeeds& later);
  bool is_empty() const;

  friend bool operator==(const PreflightNeeds&, const PreflightNeeds&) = default;
};

struct Preflight {
  PreflightNeeds fail;  // without these, no test is run
  PreflightNeeds warn;  // without these, a line says so

  void replace_by(const Preflight& later);
  bool is_empty() const { return fail.is_empty() && warn.is_empty(); }

  friend bool operator==(const Preflight&, const Preflight&) = default;
};

}  // namespace holdfast
