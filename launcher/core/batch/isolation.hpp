// Which cases of a test program share a process. An isolation makes a test a batch.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/words.hpp"

namespace holdfast {

enum class Isolation : std::uint8_t {
  none,     // all share one, as without Holdfast; if that one dies, a fresh one runs the rest
  process,  // each has its own
  fork,     // each has its own, forked from a process that has done the program's start-up
};

constexpr std::array<std::string_view, 3> words_of(Isolation) {
  return {"none", "process", "fork"};
}

}  // namespace holdfast
