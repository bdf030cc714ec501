// Reads the fields of one JSON object of a journal, each as its type.
#pragma once

#include "store/records.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

// A field with a value of another type counts as absent. take_complaint() tells of the first such
// field. Never throws.
class FieldReader {
 public:
  // `object` is a JSON object and must outlive this reader.
  explicit FieldReader(const nlohmann::ordered_json& object) : object_(object) {}

  std::string text(const char* field);  // empty: absent; has_text() tells an empty text apart
  bool has_text(const char* field) const;
  double number(const char* field);  // always finite; 0: absent
  std::optional<std::int64_t> integer(const char* field);

  // One overload for each kind of field. If the field is absent, a whole number, a truth or a
  // verdict keeps its value, a number with a fraction becomes 0, and anything else becomes empty.
  void read(const char* field, std::string& to) { to = text(field); }
  void read(const char* field, std::vector<std::string>& to) { to = texts(field); }
  void read(const char* field, std::int64_t& to) { to = integer(field).value_or(to); }
  void read(const char* field, std::optional<std::int64_t>& to) { to = integer(field); }
  void read(const char* field, std::optional<int>& to) { to = small_integer(field); }
  void read(const char* field, double& to) { to = number(field); }
  void read(const char* field, bool& to) { to = truth(field).value_or(to); }
  void read(const char* field, std::optional<bool>& to) { to = truth(field); }
  void read(const char* field, std::optional<Outcome>& to) { to = outcome_named(text(field)); }
  void read(const char* field, std::optional<Verdict>& to) { to = named<Verdict>(text(field)); }
  void read(const char* field, Verdict& to) { to = named<Verdict>(text(field)).value_or(to); }
  void read(const char* field, ProcessName& to);
  void read(const char* field, std::vector<Leftover>& to);
  void read(const char* field, std::optional<std::string>& marker);
  void read(const char* field, std::vector<OrphanMarker>& to);
  void read(const char* field, std::vector<Finding>& to);
  void read(const char* field, TestSchedule& to);
  // In the file that the field `log` names.
  void read(const char* field, std::optional<OutputPlace>& to) { to = place(field, text("log")); }
  // In the file that the field `earlier_log` names. None if one of them cannot be.
  void read(const char* field, std::vector<OutputPlace>& to);
  // Cases and files without a name are left out.
  void read(const char* field, std::vector<CaseRecord>& to);
  void read(const char* field, std::vector<WrittenFile>& to);

  // The field that could not be used, and why. Empty if there was none.
  std::string take_complaint() { return std::move(complaint_); }

 private:
  std::optional<int> small_integer(const char* field);
  std::optional<bool> truth(const char* field);
  std::vector<std::string> texts(const char* field);      // items of other types are left out
  std::vector<std::int64_t> integers(const char* field);  // likewise

  std::optional<OutputPlace> place(const char* field, const std::string& log);
  const nlohmann::ordered_json* find(const char* field) const;
  const nlohmann::ordered_json& array(const char* field);
  template <typename T>
  T complain(const char* field, T instead);
  // Reads `value`, which is the value of the field or an item in it.
  template <typename Read>
  void read_object(const char* field, const nlohmann::ordered_json& value, Read read);

  const nlohmann::ordered_json& object_;
  mutable std::size_t next_ = 0;  // where the next field probably is
  std::string complaint_;
};

}  // namespace holdfast
