// Tells which entries of [[known-flaky]] fit a test.
#pragma once

#include <string_view>
#include <vector>

#include "core/retry/known_flaky.hpp"
#include "core/settings/value.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

class KnownFlakyList {
 public:
  KnownFlakyList() = default;
  // Pattern::compile() must accept the patterns of `entries`. Expired entries are left out.
  KnownFlakyList(const std::vector<KnownFlaky>& entries, const Day& today);

  // In the order of the file.
  Values matching(std::string_view test) const;

  // A sentence about the expired entries; empty: there are none.
  const std::string& expired() const { return expired_; }

 private:
  struct Entry {
    Pattern tests;
    Value flake;
  };
  std::vector<Entry> entries_;
  std::string expired_;
};

}  // namespace holdfast
