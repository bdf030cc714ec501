// What libarchive says of an error.
#pragma once

#include <archive.h>

#include <string>

namespace holdfast::archive {

// In one line. libarchive ends some of its messages with a line feed.
inline std::string error_text(::archive* archive) {
  const char* said = ::archive_error_string(archive);
  std::string text = said != nullptr ? said : "unknown error";
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

}  // namespace holdfast::archive
