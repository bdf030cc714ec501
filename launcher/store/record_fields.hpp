// Reads the fields of one JSON object of a journal, each as its type.
#pragma once

#include "store/records.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

// A field with a value of another type counts as absent. The first such field is remembered. Never
// throws.
class FieldReader {
 public:
  // `object` is a JSON object and must outlive this one.
  explicit FieldReader(const nlohmann::ordered_json& object) : object_(object) {}

  std::string text(const char* field);  // empty: absent; has_text() tells an empty text apart
  bool has_text(const char* field) const;
  double number(const char* field);  // always finite; 0: absent
  std::optional<std::int64_t> integer(const char* field);
  std::optional<int> small_integer(const char* field);
  std::optional<bool> truth(const char* field);
  std::vector<std::string> texts(const char* field);  // only those items that are texts

  ProcessStamp stamp(const char* field);
  std::vector<Leftover> leftovers(const char* field);
  // The reason in the field `marker`.
  std::optional<std::string> marker();
  std::vector<OrphanMarker> orphan_markers();
  // The place in the field `output`, in the file `log`.
  std::optional<OutputPlace> output_place(const std::string& log);
  // Only cases with a name.
  std::vector<CaseRecord> cases();
  // The findings in the field `forensics`.
  std::vector<Finding> findings();

  // What could not be used, and why. Empty when there was nothing.
  std::string take_complaint() { return std::move(complaint_); }

 private:
  const nlohmann::ordered_json* find(const char* field) const;
  const nlohmann::ordered_json& array(const char* field);
  template <typename T>
  T complain(const char* field, T instead);

  const nlohmann::ordered_json& object_;
  std::string complaint_;
};

}  // namespace holdfast
