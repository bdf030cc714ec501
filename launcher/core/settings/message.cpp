#include "core/settings/message.hpp"

#include "core/base/parts.hpp"
#include "core/base/words.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_version = "holdfast-1";

// Takes the text up to the next NUL off the front; none: there is no NUL.
std::optional<std::string_view> take_text(std::string_view& packet) {
  if (packet.find('\0') == std::string_view::npos) return std::nullopt;
  return take_part(packet, '\0');
}

}  // namespace

void Message::add(std::string_view key, std::string_view value) {
  fields.emplace_back(std::string(key), std::string(value));
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

void add_log(Message& message, const LogTarget& place) {
  if (place.file.empty() || place.level == LogLevel::off) return;
  message.add("log_file", place.file);
  message.add("log_level", name_of(place.level));
}

LogTarget log_in(const Message& message) {
  const std::string_view level = message.get("log_level");
  return {std::string(message.get("log_file")), named<LogLevel>(level).value_or(LogLevel::off)};
}

std::string encode(const Message& message) {
  std::string packet;
  const auto put = [&](std::string_view text) {
    packet += text.substr(0, text.find('\0'));
    packet += '\0';
  };
  put(k_version);
  put(message.kind);
  for (const auto& [key, value] : message.fields) {
    put(key);
    put(value);
  }
  return packet;
}

Result<Message> decode(std::string_view packet) {
  const std::optional<std::string_view> version = take_text(packet);
  if (version != k_version) return Error{"understand a message of another version of Holdfast"};
  const std::optional<std::string_view> kind = take_text(packet);
  if (!kind) return Error{"read a message that has no kind"};
  Message message;
  message.kind = *kind;
  while (!packet.empty()) {
    const std::optional<std::string_view> key = take_text(packet);
    const std::optional<std::string_view> value = key ? take_text(packet) : std::nullopt;
    if (!value) return Error{text_of({"read a ", message.kind, " message that is cut off"})};
    message.add(*key, *value);
  }
  return message;
}

}  // namespace holdfast::wire
