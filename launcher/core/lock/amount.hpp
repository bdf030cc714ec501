// Sizes in text, such as the amount of memory that a lock is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// No size is larger: 1 EiB.
inline constexpr std::uint64_t k_largest_size_kb = std::uint64_t{1} << 50U;

// Reads "8GiB", "512MiB", "4KiB" or "1TiB" as KiB; none for anything else, and for zero.
std::optional<std::uint64_t> parse_size_kb(std::string_view text);

// The same size with the largest unit that gives a whole number.
std::string size_text(std::uint64_t kb);

// "6GiB/24GiB": a part and the whole; "6GiB" if the whole is 0.
std::string amounts_text(std::uint64_t part_kb, std::uint64_t whole_kb);

}  // namespace holdfast
