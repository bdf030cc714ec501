// Where the keeper of a ctest listens: known from that ctest alone, so that nobody has to be told.
#pragma once

#include <string>
#include <string_view>

#include "core/attach.hpp"
#include "core/names.hpp"

namespace holdfast {

inline std::string keeper_socket(std::string_view user_directory, const ProcessName& ctest) {
  std::string path(user_directory);
  path += '/';
  path += names::k_user_keepers_directory;
  path += '/';
  path += std::to_string(ctest.pid) + "-" + std::to_string(ctest.start);
  return path;
}

}  // namespace holdfast
