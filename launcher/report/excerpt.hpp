// The words of an output that say why a test failed: a failed assertion, a sanitizer's finding, an
// uncaught exception, a compiler's error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct Excerpt {
  std::string message;  // as printed, without the place; may have several lines
  std::string file;     // as printed; empty: the output does not say where
  std::int64_t line = 0;

  friend bool operator==(const Excerpt&, const Excerpt&) = default;
};

// Returns at most `limit` excerpts, those that say most first. Returns none if nothing in the
// output looks like the words of a tool that is known here: GoogleTest, Catch2, doctest,
// Boost.Test, Qt Test, pytest, assert(3), sanitizers, compilers, CMake, Python, Rust, Go. A message
// has a few KiB at most.
std::vector<Excerpt> excerpts_of(std::string_view output, std::size_t limit);

// One line of what the test printed for a failure: "a.cpp:12: Expected equality of these values:
// …". Not safe for a terminal.
std::string headline(const Excerpt& excerpt);

}  // namespace holdfast
