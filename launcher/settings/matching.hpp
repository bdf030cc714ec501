// Tells which parts of holdfast.toml fit a test.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/retry/known_flaky.hpp"
#include "core/settings/settings.hpp"
#include "core/settings/value.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

class OverridePatterns {
 public:
  // Fails for a pattern that Pattern::compile() refuses; parse_settings() leaves none in.
  static Result<OverridePatterns> of(const Settings& settings);

  // Their indices, ascending. `labels` is in the form of TestFacts.
  std::vector<std::size_t> matching(std::string_view name, std::string_view labels) const;

 private:
  struct Condition {
    std::optional<Pattern> test;
    std::optional<std::string> label;
  };
  std::vector<Condition> conditions_;  // one per override
};

// The entries of [[known-flaky]].
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
