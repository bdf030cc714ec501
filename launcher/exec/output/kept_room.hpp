// How much of the output of attempts a run keeps. All attempts of the run share a number of bytes,
// and the last one that it is enough for keeps the beginning of its output.
#pragma once

#include <cstdint>
#include <string>

#include "os/file/unique_fd.hpp"

namespace holdfast::exec {

// Takes `wanted` bytes for the file `log`, or what is left of `limit`; returns how many. Takes all
// of them if that cannot be counted, because an output that is kept does less harm than one that is
// lost.
std::uint64_t take_room(const std::string& log, std::uint64_t wanted, std::uint64_t limit);

// Cuts the file of an attempt that has ended to the room that it gets. A line at its end says what
// is left out.
void cut_to_room(const os::UniqueFd& file, const std::string& log, std::uint64_t limit);

}  // namespace holdfast::exec
