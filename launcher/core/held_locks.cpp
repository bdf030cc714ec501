#include "core/held_locks.hpp"

namespace holdfast {
namespace {

std::string place_of(const LockSpec& spec) {
  return encode_file_name(spec.name) + "@" + std::string(name_of(spec.scope)) + "#";
}

bool is_of(std::string_view entry, std::string_view place) {
  return entry.substr(0, place.size()) == place;
}

}  // namespace

HeldLocks::HeldLocks(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) entries_.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
}

std::string HeldLocks::level_of(const LockSpec& spec) const {
  const std::string place = place_of(spec);
  for (const std::string& entry : entries_) {
    if (is_of(entry, place)) return entry.substr(place.size());
  }
  return {};
}

std::string HeldLocks::with(const std::vector<LockSpec>& locks, std::string_view attempt) const {
  std::string text;
  const auto add = [&](std::string_view entry) {
    if (!text.empty()) text += ',';
    text += entry;
  };
  for (const LockSpec& lock : locks) add(place_of(lock) + std::string(attempt));
  for (const std::string& entry : entries_) {
    bool replaced = false;
    for (const LockSpec& lock : locks) replaced = replaced || is_of(entry, place_of(lock));
    if (!replaced) add(entry);
  }
  return text;
}

}  // namespace holdfast
