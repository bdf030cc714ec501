#include "core/held_locks.hpp"

namespace holdfast {
namespace {

std::string_view place_in(std::string_view entry) { return entry.substr(0, entry.find('#')); }

}  // namespace

HeldLocks::HeldLocks(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    if (entry.find('#') != std::string_view::npos) entries_.emplace_back(entry);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
}

std::string HeldLocks::level_of(std::string_view place) const {
  for (const std::string& entry : entries_) {
    if (place_in(entry) == place) return entry.substr(place.size() + 1);
  }
  return {};
}

std::string HeldLocks::with(const std::vector<std::string>& places,
                            std::string_view attempt) const {
  std::string text;
  const auto add = [&](std::string_view entry) {
    if (!text.empty()) text += ',';
    text += entry;
  };
  for (const std::string& place : places) add(place + "#" + std::string(attempt));
  // Behind the new ones, the older entry for a place too: it names an attempt that is still around
  // us, by which a sweep knows everything below it.
  for (const std::string& entry : entries_) add(entry);
  return text;
}

}  // namespace holdfast
