// The identity of a program's file, to tell later if it is still the same.
// os/file/program_identity.hpp reads it from the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct ProgramIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;        // bytes
  std::int64_t modified_ns = 0;  // since 1970
  std::string build_id = {};     // lower-case hexadecimal; empty: the file has none

  friend bool operator==(const ProgramIdentity&, const ProgramIdentity&) = default;
};

// `inode 12, 4.2 MiB, build-id 3f2a…`: for people.
std::string describe(const ProgramIdentity& program);

// What is different: `size 100 -> 120, build-id 3f2a… -> 99e1…`; empty: nothing. Another inode with
// the same content is a difference too, because the file was written anew.
std::string describe_change(const ProgramIdentity& before, const ProgramIdentity& after);

// Says how the program of an attempt differs from the program that the run first saw; empty: it is
// the same. `first` is the program when the run first saw it. `start` and `end` are the program at
// the start and the end of the attempt; none: the file was missing. `what` is "program", or "input
// /x/y.py".
std::string staleness(std::string_view what, const std::optional<ProgramIdentity>& first,
                      const std::optional<ProgramIdentity>& start,
                      const std::optional<ProgramIdentity>& end);

// Whether a file that begins so is a compiled program (elf(5)).
inline bool is_elf(std::string_view head) { return head.starts_with("\177ELF"); }

// `4.2 MiB`, `512 bytes`.
std::string describe_size(std::uint64_t bytes);

}  // namespace holdfast
