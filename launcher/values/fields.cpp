#include "values/fields.hpp"

namespace holdfast::wire {

void ToMessage::add(std::string_view key, const Variable& variable) const {
  add(key, text_of({variable.name, "=", variable.value}));
}

bool FromMessage::read(std::string_view text, std::string& field) {
  field = text;
  return true;
}

bool FromMessage::read(std::string_view text, Milliseconds& time) {
  Milliseconds::rep count = 0;
  if (!read(text, count)) return false;
  time = Milliseconds{count};
  return true;
}

bool FromMessage::read(std::string_view text, ProcessName& process) {
  return take(parse_process_name(text), process);
}

bool FromMessage::read(std::string_view text, Containment& containment) {
  return take(parse_containment(text), containment);
}

bool FromMessage::read(std::string_view text, Variable& variable) {
  if (text.find('=') == std::string_view::npos) return false;
  variable = variable_of(text);
  return true;
}

std::optional<Message> FromMessage::within(std::string_view key) const {
  const std::string* const text = message_.find(key);
  if (text == nullptr) return std::nullopt;
  std::optional<Message::Fields> fields = unpacked(*text);
  return fields ? std::optional(Message({}, std::move(*fields))) : std::nullopt;
}

Result<void> FromMessage::check(std::string_view kind) const {
  if (message_.kind != kind) {
    return ErrorInWords{
        text_of({"expected a ", kind, ", found a message of kind ", message_.kind})};
  }
  if (!wrong_.empty()) return not_understood(wrong_, message_);
  return {};
}

Error not_understood(std::string_view field, const Message& message) {
  return ErrorInWords{text_of({"the field ", field, " of a ", message.kind, " is not understood"})};
}

}  // namespace holdfast::wire
