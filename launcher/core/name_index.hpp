// Finds by its name what is kept in a list, such as the results of a batch. Of the C++ library's
// own maps a part is not in its headers, and the launchers link no more than those
// (docs/decisions/0009).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

// `name_at(place)` gives the name of what is kept there; names and places must not change.
class NameIndex {
 public:
  template <typename NameAt>
  std::optional<std::uint32_t> find(std::string_view name, NameAt name_at) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = hash & mask(); slots_[at].is_taken; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.hash == hash && name_at(slot.place) == name) return slot.place;
    }
    return std::nullopt;
  }

  void reserve(std::size_t names) {
    std::size_t slots = k_fewest;
    while (slots < 2 * names) slots *= 2;
    if (slots > slots_.size()) resize(slots);
  }

  // It must not be there yet.
  void add(std::string_view name, std::uint32_t place) {
    // Half of it stays free, so that a search is short.
    if (2 * (size_ + 1) > slots_.size()) resize(slots_.empty() ? k_fewest : 2 * slots_.size());
    ++size_;
    put({hash_of(name), place, true});
  }

 private:
  static constexpr std::size_t k_fewest = 64;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t place = 0;
    bool is_taken = false;
  };

  // Word by word, not byte by byte: names are long, and each is looked for some times.
  static std::uint32_t hash_of(std::string_view name) {
    constexpr std::uint64_t k_odd = 0x9e3779b97f4a7c15U;  // 2^64 by the golden ratio
    std::uint64_t hash = name.size() * k_odd;
    while (!name.empty()) {
      const std::size_t size = std::min(name.size(), sizeof(std::uint64_t));
      std::uint64_t word = 0;
      std::memcpy(&word, name.data(), size);
      hash = (hash ^ word) * k_odd;
      hash ^= hash >> 32U;
      name.remove_prefix(size);
    }
    return static_cast<std::uint32_t>(hash);
  }
  // Their number is a power of two.
  std::size_t mask() const { return slots_.size() - 1; }

  void resize(std::size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.is_taken) put(slot);
    }
  }
  void put(const Slot& slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].is_taken) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace holdfast
