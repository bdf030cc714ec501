#include "exec/output/output_turn.hpp"

namespace holdfast::exec {

void OutputTurn::write(OutputRelay* relay, Stream stream, std::string_view bytes) {
  if (relay != nullptr) return relay->write(stream, bytes);
  if (!kept_.empty() && kept_.back().first == stream) {
    kept_.back().second += bytes;
  } else {
    kept_.emplace_back(stream, bytes);
  }
}

void OutputTurn::begin(OutputRelay& relay) {
  for (const auto& [stream, bytes] : kept_) relay.write(stream, bytes);
  kept_.clear();
}

}  // namespace holdfast::exec
