// A message of settings/wire.hpp, as a packet.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace holdfast::wire {

// A kind and texts by name. A text may be the fields of another message (packed()).
struct Message {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  std::string kind;
  Fields fields;

  Message() = default;
  explicit Message(std::string_view its_kind, Fields its_fields = {})
      : kind(its_kind), fields(std::move(its_fields)) {}

  // A text is cut at a NUL byte: arguments, variables and paths have none.
  void add(std::string_view key, std::string_view value);
  // The first field of that name; null: there is none.
  const std::string* find(std::string_view key) const;
  // The same as a text; empty: there is none.
  std::string_view get(std::string_view key) const;
};

inline constexpr std::size_t k_longest_message = 64 * 1024;

std::string packed(const Message::Fields& fields);
std::optional<Message::Fields> unpacked(std::string_view text);

// As a packet, which is refused if it is longer than k_longest_message.
std::string encode(const Message& message);
// Why a message of `what` is not sent; empty: it is not too long.
std::string why_too_long(const Message& message, std::string_view what);
Result<Message> decode(std::string_view packet);

}  // namespace holdfast::wire
