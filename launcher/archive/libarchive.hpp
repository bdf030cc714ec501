// What packing and unpacking have in common: objects, results and errors of libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <memory>
#include <string>

namespace holdfast::archive {

// So many bytes are read or written at once.
inline constexpr std::size_t k_piece = 64U << 10U;

struct Free {
  void operator()(::archive* archive) const { ::archive_free(archive); }
  void operator()(::archive_entry* entry) const { ::archive_entry_free(entry); }
};
using Archive = std::unique_ptr<::archive, Free>;
using Entry = std::unique_ptr<::archive_entry, Free>;

inline bool is_fine(int result) { return result == ARCHIVE_OK || result == ARCHIVE_WARN; }

// What libarchive says of an error, in one line. It ends some of its messages with a line feed.
inline std::string error_text(const Archive& archive) {
  const char* said = ::archive_error_string(archive.get());
  std::string text = said != nullptr ? said : "unknown error";
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

}  // namespace holdfast::archive
