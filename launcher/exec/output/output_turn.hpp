// The output of one of several processes that run at once. One of them has its output passed on;
// the others keep theirs until it is their turn.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exec/output/output_relay.hpp"

namespace holdfast::exec {

class OutputTurn {
 public:
  // `relay`: where the output goes; null: it is not yet the turn of this process.
  void write(OutputRelay* relay, Stream stream, std::string_view bytes);
  // Its turn has come: passes on what was kept.
  void begin(OutputRelay& relay);

 private:
  std::vector<std::pair<Stream, std::string>> kept_;
};

}  // namespace holdfast::exec
