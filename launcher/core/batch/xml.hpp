// The XML that test programs write of their cases: its elements, in their order.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// The text that a value with entities (`&lt;`, `&#x0A;`) stands for. What is no entity stays.
std::string without_entities(std::string_view text);

// Reads `<name …>`, `<name … />` and `</name>` one after the other.
class XmlTags {
 public:
  // `xml` must outlive this object.
  explicit XmlTags(std::string_view xml) : rest_(xml) {}

  // None: the text is at its end, or is cut off in the middle of an element.
  std::optional<std::string_view> next();
  // Returns the text between the last element and the next, without its entities.
  const std::string& text() const { return text_; }

 private:
  std::string_view rest_;
  std::string text_;
};

// Whether it is `<name …>`.
bool is_xml_beginning(std::string_view tag, std::string_view name);

// The value of an attribute of an element; none: it has no such attribute. All values are in double
// quotes.
std::optional<std::string> xml_attribute(std::string_view tag, std::string_view name);

}  // namespace holdfast
