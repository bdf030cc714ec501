// How a watched run is shown: pure functions of what is known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/watch/watch_state.hpp"

namespace holdfast::cli {

// How long a run still takes, by what is known of its tests.

// Seconds by the name of a test.
using KnownDurations = std::unordered_map<std::string, double>;

struct RunningFor {
  std::string test;
  double seconds = 0;
};

struct Progress {
  const KnownDurations& known;
  const std::unordered_set<std::string>& begun;  // the tests that have begun
  std::vector<RunningFor> running;
  std::size_t not_begun = 0;  // how many tests are still to begin; which ones nobody knows
  std::size_t jobs = 1;       // ctest's -j
};

// Seconds until the last test ends. Each test that has not begun counts with the mean of the known
// tests that have not begun either, or if all known ones have begun, of all of them. None: nothing
// is known of the tests that are left.
std::optional<double> time_left(const Progress& progress);

enum class Colour : std::uint8_t { none, ansi };

struct Screen {
  std::size_t width = 80;  // columns
  std::size_t height = 24;
  Colour colour = Colour::none;
};

// The block that is drawn again and again: lines of at most `width` columns, each with its newline,
// and fewer than `height`. `now` is in seconds since 1970; `left` are seconds.
std::string progress_block(const WatchState& state, double now, std::optional<double> left,
                           const Screen& screen);

// One line for people with its newline; empty: people need not be told. Lines::only_trouble leaves
// out what the block shows anyway.
enum class Lines : std::uint8_t { all, only_trouble };
std::string event_line(const WatchEvent& event, const Counts& counts, Lines lines, Colour colour);

// One line of JSON with its newline: docs/reference/report-formats.md.
std::string event_json(const WatchEvent& event, const Counts& counts, std::optional<double> left);

// The line of JSON that comes before a run has begun.
std::string waiting_json(std::string_view tree);

// As much of the text as fits into so many columns of a terminal, if each character takes one.
std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace holdfast::cli
