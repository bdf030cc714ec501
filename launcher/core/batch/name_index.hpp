// Finds an entry of a list by its name, for example a result of a batch. The C++ library's maps
// cannot be used: part of their code is outside the headers, and the launchers do not link that
// part (docs/internals/decisions/0009).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

// `name_at(place)` gives the name of the entry at that place. Names and places must not change.
class NameIndex {
 public:
  template <typename NameAt>
  std::optional<std::uint32_t> find(std::string_view name, NameAt name_at) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[slot_of(name, hash_of(name), name_at)];
    return slot.is_taken ? std::optional(slot.place) : std::nullopt;
  }

  void reserve(std::size_t names) {
    std::size_t slots = k_fewest;
    while (slots < 2 * names) slots *= 2;
    if (slots > slots_.size()) resize(slots);
  }

  // Returns the place of `name`. A new name gets `place`.
  template <typename NameAt>
  std::uint32_t find_or_add(std::string_view name, std::uint32_t place, NameAt name_at) {
    // Half of the slots stay free, so that a search is short.
    if (2 * (size_ + 1) > slots_.size()) resize(slots_.empty() ? k_fewest : 2 * slots_.size());
    const std::uint32_t hash = hash_of(name);
    Slot& slot = slots_[slot_of(name, hash, name_at)];
    if (!slot.is_taken) {
      slot = {hash, place, true};
      ++size_;
    }
    return slot.place;
  }

 private:
  static constexpr std::size_t k_fewest = 64;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t place = 0;
    bool is_taken = false;
  };

  // Takes eight bytes at a time, not one: names are long, and each is looked up several times.
  static std::uint32_t hash_of(std::string_view name) {
    constexpr std::uint64_t k_odd = 0x9e3779b97f4a7c15U;  // 2^64 divided by the golden ratio
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
  // The slot that holds the name, or else the free slot where it belongs.
  template <typename NameAt>
  std::size_t slot_of(std::string_view name, std::uint32_t hash, NameAt name_at) const {
    std::size_t at = hash & mask();
    while (slots_[at].is_taken && (slots_[at].hash != hash || name_at(slots_[at].place) != name)) {
      at = (at + 1) & mask();
    }
    return at;
  }
  // The number of slots is a power of two.
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
