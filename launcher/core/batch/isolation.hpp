// Which cases of a GoogleTest program share a process: what makes a test a batch.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/words.hpp"

namespace holdfast {

enum class Isolation : std::uint8_t {
  none,     // all, as in the program run by itself; after a death the rest go on in a fresh one
  process,  // each has its own
  fork,     // each has its own, forked from one that has done its start-up
};

constexpr std::array<std::string_view, 3> words_of(Isolation) {
  return {"none", "process", "fork"};
}

}  // namespace holdfast
