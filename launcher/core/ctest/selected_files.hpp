// The names of the files that `holdfast ctest` leaves for the ctest that it becomes.
#pragma once

#include <string>

#include "core/base/process_name.hpp"

namespace holdfast {

// `4711-56789.`: how the names of the files for that ctest begin (names::k_selected_numbers_file
// and its neighbours follow).
inline std::string begin_of_selected_file(const ProcessName& ctest) {
  return std::to_string(ctest.pid) + "-" + std::to_string(ctest.start) + ".";
}

}  // namespace holdfast
