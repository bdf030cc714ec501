// Which cases of a GoogleTest program share a process: what makes a test a batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

enum class Isolation : std::uint8_t {
  none,     // all, as in the program run by itself; after a death the rest go on in a fresh one
  process,  // each has its own
  fork,     // each has its own, forked from one that has done its start-up
};

std::optional<Isolation> isolation_named(std::string_view name);
std::string_view name_of(Isolation isolation);

}  // namespace holdfast
