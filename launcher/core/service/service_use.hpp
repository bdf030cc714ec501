// How a test uses a service, as HOLDFAST_SERVICES says it: `NAME[:shared|:exclusive|:fresh]`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/words.hpp"

namespace holdfast {

enum class ServiceMode : std::uint8_t {
  shared,     // beside other tests
  exclusive,  // no other test uses it at the same time
  fresh,      // as exclusive, and no test has used this generation before
};

constexpr std::array<std::string_view, 3> words_of(ServiceMode) {
  return {"shared", "exclusive", "fresh"};
}

struct ServiceUse {
  std::string name;
  ServiceMode mode = ServiceMode::shared;

  friend bool operator==(const ServiceUse&, const ServiceUse&) = default;
};

// A name has letters, digits, `_`, `-` and `.`, and at most 64 of them.
bool is_service_name(std::string_view name);

Result<ServiceUse> parse_service_use(std::string_view text);

std::string to_text(const ServiceUse& use);

// `db, web`
std::string names_of(const std::vector<ServiceUse>& uses);

// Adds a use. A service that is named twice is used in the stricter way.
void add_use(const ServiceUse& use, std::vector<ServiceUse>& uses);

}  // namespace holdfast
