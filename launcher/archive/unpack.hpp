// Takes files out of an archive.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace holdfast::archive {

// Writes the files of the archive from which a report is made (core/bundle/packed_file.hpp) to
// `to`, which can seek, in the form of core/bundle/packed_file.hpp. Other entries, links and
// devices are passed over. Fails if the archive is cut off, or if it holds more than `most` bytes,
// whatever is in them. The archive is tar, plain or by gzip or zstd, or zip.
Result<void> unpack(const std::string& file, std::uint64_t most, int to);

}  // namespace holdfast::archive
