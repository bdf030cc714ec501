// How a watched run is shown: pure functions of what is known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/watch/watch_state.hpp"

namespace holdfast::cli {

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
