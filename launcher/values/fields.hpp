// The codec of messages. A struct that crosses a process has one list of its fields:
//
//   void each_field(Any<Order> auto& order, auto&& use) {
//     use("name", order.name, k_needed);
//     use("port", order.ports, k_counted);
//   }
//
// and both directions go through that list: written(k_order, order), and read_as<Order>(k_order,
// message). If the struct says its kind (`static constexpr std::string_view k_kind`), that is
// to_message(order), and read<Order>(message). A struct within the struct, or a list of them, is a
// message within the message, if its own list stands in its namespace, before the one that uses it.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/log_line.hpp"
#include "base/message.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "values/containment.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::wire {

// Such a struct, const or not.
template <typename T, typename Struct>
concept Any = std::same_as<std::remove_const_t<T>, Struct>;

template <typename T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool>;

class ToMessage;
// A struct with such a list.
template <typename T>
concept Listed = requires(T& whole, const ToMessage& use) {
  each_field(whole, use);
};

// In a list of fields. A message that lacks the field is refused.
enum class Needed : bool {};
inline constexpr Needed k_needed{};
// The list is sent with the number of its items. A message that lacks it, or has another number of
// items, is refused.
enum class Counted : bool {};
inline constexpr Counted k_counted{};

// An enumeration that people never see goes by number.
template <typename T>
concept Unworded = std::is_enum_v<T> && !Worded<T>;

// Adds fields to a message. A text that is empty, a flag that is false and an optional without a
// value are not sent; a list has one field for each of its values.
class ToMessage {
 public:
  // Of a list that is counted.
  static constexpr std::string_view k_count = "count";
  static constexpr std::string_view k_item = "item";

  explicit ToMessage(Message& message) : message_(message) {}

  template <typename T>
  void operator()(std::string_view key, const T& value) const {
    add(key, value);
  }
  void operator()(std::string_view key, const std::string& text) const {
    if (!text.empty()) add(key, text);
  }
  void operator()(std::string_view key, bool flag) const {
    if (flag) add(key, "1");
  }
  template <typename T>
  void operator()(std::string_view key, const std::optional<T>& value) const {
    if (value) add(key, *value);
  }
  template <typename T>
  void operator()(std::string_view key, const std::vector<T>& values) const {
    for (const T& value : values) add(key, value);
  }
  template <typename T>
  void operator()(std::string_view key, const std::vector<T>& values, Counted) const {
    Message inner;
    const ToMessage write(inner);
    write(k_count, values.size());
    write(k_item, values);
    add(key, packed(inner.fields));
  }
  // A list that may also be unknown.
  template <typename T>
  void operator()(std::string_view key, const std::optional<std::vector<T>>& values) const {
    if (values) (*this)(key, *values, k_counted);
  }
  template <typename T>
  void operator()(std::string_view key, const T& value, Needed) const {
    add(key, value);
  }
  // `absent` is not sent, and so costs nothing.
  template <typename T>
  void operator()(std::string_view key, const T& value, std::type_identity_t<T> absent) const {
    if (value != absent) (*this)(key, value);
  }

 private:
  void add(std::string_view key, std::string_view text) const { message_.add(key, text); }
  void add(std::string_view key, WholeNumber auto number) const {
    add(key, std::to_string(number));
  }
  void add(std::string_view key, Milliseconds time) const { add(key, time.count()); }
  void add(std::string_view key, Worded auto value) const { add(key, name_of(value)); }
  void add(std::string_view key, Unworded auto value) const { add(key, static_cast<int>(value)); }
  void add(std::string_view key, const ProcessName& process) const { add(key, to_text(process)); }
  void add(std::string_view key, Containment containment) const { add(key, to_text(containment)); }
  void add(std::string_view key, const Variable& variable) const;
  void add(std::string_view key, const Listed auto& whole) const {
    Message inner;
    each_field(whole, ToMessage(inner));
    add(key, packed(inner.fields));
  }

  Message& message_;
};

// Reads fields into a struct as it is built. A field that the message lacks keeps its value; a flag
// is false then, and a field with a value for `absent` has that. If the message has a field twice,
// the first counts.
class FromMessage {
 public:
  explicit FromMessage(const Message& message) : message_(message) {}

  template <typename T>
  void operator()(std::string_view key, T& value) {
    const std::string* text = message_.find(key);
    if (text != nullptr && !read(*text, value)) refuse(key);
  }
  void operator()(std::string_view key, bool& flag) {
    const std::string* text = message_.find(key);
    flag = text != nullptr;
    if (flag && *text != "1") refuse(key);
  }
  template <typename T>
  void operator()(std::string_view key, std::optional<T>& value) {
    if (message_.find(key) != nullptr) (*this)(key, value.emplace());
  }
  template <typename T>
  void operator()(std::string_view key, std::vector<T>& values) {
    for (const auto& [name, text] : message_.fields) {
      if (name == key && !read(text, values.emplace_back())) refuse(key);
    }
  }
  template <typename T>
  void operator()(std::string_view key, std::vector<T>& values, Counted) {
    const std::optional<Message> inner = within(key);
    if (!inner) return refuse(key);
    FromMessage read(*inner);
    std::size_t count = 0;
    read(ToMessage::k_count, count, k_needed);
    read(ToMessage::k_item, values);
    if (!read.wrong_.empty() || count != values.size()) refuse(key);
  }
  template <typename T>
  void operator()(std::string_view key, std::optional<std::vector<T>>& values) {
    if (message_.find(key) != nullptr) (*this)(key, values.emplace(), k_counted);
  }
  template <typename T>
  void operator()(std::string_view key, T& value, Needed) {
    if (message_.find(key) == nullptr) return refuse(key);
    (*this)(key, value);
  }
  template <typename T>
  void operator()(std::string_view key, T& value, std::type_identity_t<T> absent) {
    value = absent;
    (*this)(key, value);
  }

  // For a field that is not understood. `key` must outlive this object.
  void refuse(std::string_view key) { wrong_ = key; }

  // What was read; or an error, if the message is of another kind or has a field that is not
  // understood.
  template <typename Struct>
  Result<Struct> give(std::string_view kind, Struct whole) const {
    if (Result<void> understood = check(kind); !understood) return understood.error();
    return whole;
  }

 private:
  static bool read(std::string_view text, std::string& field);
  static bool read(std::string_view text, Milliseconds& time);
  static bool read(std::string_view text, ProcessName& process);
  static bool read(std::string_view text, Containment& containment);
  static bool read(std::string_view text, Variable& variable);
  template <WholeNumber T>
  static bool read(std::string_view text, T& number) {
    return take(parse_number<T>(text), number);
  }
  template <Listed T>
  static bool read(std::string_view text, T& whole) {
    std::optional<Message::Fields> inner = unpacked(text);
    if (!inner) return false;
    const Message message({}, std::move(*inner));
    FromMessage fields(message);
    each_field(whole, fields);
    return fields.wrong_.empty();
  }
  template <Worded T>
  static bool read(std::string_view text, T& value) {
    return take(named<T>(text), value);
  }
  template <Unworded T>
  static bool read(std::string_view text, T& value) {
    std::underlying_type_t<T> number{};
    const bool is_number = read(text, number);
    if (is_number) value = static_cast<T>(number);
    return is_number;
  }
  static bool take(const auto& found, auto& value) {
    if (found) value = *found;
    return static_cast<bool>(found);
  }

  Result<void> check(std::string_view kind) const;
  // The message in a field; none: there is no such field, or no message in it.
  std::optional<Message> within(std::string_view key) const;

  const Message& message_;
  std::string_view wrong_;
};

template <Listed Struct>
Message written(std::string_view kind, const Struct& whole) {
  Message message(kind);
  each_field(whole, ToMessage(message));
  return message;
}

template <Listed Struct>
Result<Struct> read_as(std::string_view kind, const Message& message) {
  Struct whole;
  FromMessage read(message);
  each_field(whole, read);
  return read.give(kind, std::move(whole));
}

// A struct that is always a message of one kind.
template <typename T>
concept OfOneKind = Listed<T> && std::same_as<decltype(T::k_kind), const std::string_view>;

template <OfOneKind Struct>
Message to_message(const Struct& whole) {
  return written(Struct::k_kind, whole);
}

template <OfOneKind Struct>
Result<Struct> read(const Message& message) {
  return read_as<Struct>(Struct::k_kind, message);
}

// Names a field of the message that is not understood.
Error not_understood(std::string_view field, const Message& message);

}  // namespace holdfast::wire

// Of structs that are in several messages.
namespace holdfast {

void each_field(wire::Any<LockSpec> auto& lock, auto&& use) {
  use("name", lock.name, wire::k_needed);
  use("mode", lock.mode, LockMode::exclusive);
  use("units", lock.units, 1);
  use("size", lock.size, 1);
  use("scope", lock.scope, LockScope::project);
}

// Where the process that gets the message is to log.
void each_field(wire::Any<LogTarget> auto& log, auto&& use) {
  use("log_file", log.file);
  use("log_level", log.level, LogLevel::off);
}

}  // namespace holdfast
