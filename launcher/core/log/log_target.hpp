// Where a process of Holdfast logs.
#pragma once

#include <string>

#include "core/log/log_line.hpp"

namespace holdfast {

struct LogTarget {
  std::string file;  // empty: nowhere
  LogLevel level = LogLevel::off;
  std::string part = {};
  // What its lines are about, unless a line says something else; empty: no test.
  std::string test = {};
  std::string attempt = {};
  // The keeper: it makes room when the file is large. The others open the file for each line, so
  // they find the new one.
  bool rotates = false;
};

}  // namespace holdfast
