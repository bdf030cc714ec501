#include "base/message.hpp"

#include "base/text.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_version = "holdfast-2";

// A text as `LENGTH:BYTES`.
void put(std::string& packet, std::string_view text) {
  packet.append(std::to_string(text.size())).append(":").append(text);
}

// Takes a text off the front; none: there is no whole one.
std::optional<std::string_view> take_text(std::string_view& packet) {
  std::string_view rest = packet;
  const auto length = take_number<std::size_t>(rest);
  if (!length || *length >= rest.size() || rest[0] != ':') return std::nullopt;
  const std::string_view text = rest.substr(1, *length);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // nobody sends one
  packet = rest.substr(1 + *length);
  return text;
}

}  // namespace

void Message::add(std::string_view key, std::string_view value) {
  fields.emplace_back(std::string(key), std::string(value.substr(0, value.find('\0'))));
}

const std::string* Message::find(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view Message::get(std::string_view key) const {
  const std::string* value = find(key);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::string packed(const Message::Fields& fields) {
  std::string text;
  for (const auto& [key, value] : fields) {
    put(text, key);
    put(text, value);
  }
  return text;
}

std::optional<Message::Fields> unpacked(std::string_view text) {
  Message::Fields fields;
  while (!text.empty()) {
    const std::optional<std::string_view> key = take_text(text);
    const std::optional<std::string_view> value = key ? take_text(text) : std::nullopt;
    if (!value) return std::nullopt;
    fields.emplace_back(*key, *value);
  }
  return fields;
}

std::string encode(const Message& message) {
  std::string packet;
  put(packet, k_version);
  put(packet, message.kind);
  return packet + packed(message.fields);
}

std::string why_too_long(const Message& message, std::string_view what) {
  const std::size_t size = encode(message).size();
  if (size <= k_longest_message) return {};
  return text_of({what, " are too long to be handed on: ", std::to_string(size / 1024),
                  " KiB, expected ", std::to_string(k_longest_message / 1024), " KiB or less"});
}

Result<Message> decode(std::string_view packet) {
  const std::optional<std::string_view> version = take_text(packet);
  if (version != k_version) return Error{"understand a message of another version of Holdfast"};
  const std::optional<std::string_view> kind = take_text(packet);
  if (!kind) return Error{"read a message that has no kind"};
  std::optional<Message::Fields> fields = unpacked(packet);
  if (!fields) return Error{text_of({"read a ", *kind, " message that is cut off"})};
  return Message(*kind, std::move(*fields));
}

}  // namespace holdfast::wire
