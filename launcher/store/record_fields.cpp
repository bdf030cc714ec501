#include "store/record_fields.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace holdfast {

using Json = nlohmann::ordered_json;

template <typename T>
T FieldReader::complain(const char* field, T instead) {
  if (complaint_.empty()) complaint_ = fmt::format("field {} is not of the documented type", field);
  return instead;
}

const Json* FieldReader::find(const char* field) const {
  // Fields are asked for nearly in the order in which they are written.
  const auto& fields = object_.get_ref<const Json::object_t&>();
  const std::string_view name = field;
  for (std::size_t i = 0; i < fields.size(); ++i, ++next_) {
    if (next_ >= fields.size()) next_ = 0;
    const auto& [known, value] = *(fields.begin() + static_cast<std::ptrdiff_t>(next_));
    if (known != name) continue;
    ++next_;
    return &value;
  }
  return nullptr;
}

const Json& FieldReader::array(const char* field) {
  static const Json k_empty = Json::array();
  const Json* value = find(field);
  if (value == nullptr) return k_empty;
  return value->is_array() ? *value : complain<const Json&>(field, k_empty);
}

std::string FieldReader::text(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return {};
  if (const auto* string = value->get_ptr<const Json::string_t*>()) return *string;
  return complain(field, std::string());
}

bool FieldReader::has_text(const char* field) const {
  const Json* value = find(field);
  return value != nullptr && value->is_string();
}

double FieldReader::number(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return 0;
  if (!value->is_number()) return complain(field, 0.0);
  const double real = value->get<double>();
  return std::isfinite(real) ? real : complain(field, 0.0);
}

std::optional<std::int64_t> FieldReader::integer(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (const auto* natural = value->get_ptr<const Json::number_unsigned_t*>()) {
    if (*natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return static_cast<std::int64_t>(*natural);
    }
  } else if (const auto* whole = value->get_ptr<const Json::number_integer_t*>()) {
    return *whole;
  }
  return complain(field, std::optional<std::int64_t>());
}

std::optional<int> FieldReader::small_integer(const char* field) {
  const std::optional<std::int64_t> wide = integer(field);
  if (!wide) return std::nullopt;
  if (*wide < std::numeric_limits<int>::min() || *wide > std::numeric_limits<int>::max()) {
    return complain(field, std::optional<int>());
  }
  return static_cast<int>(*wide);
}

std::optional<bool> FieldReader::truth(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (const auto* boolean = value->get_ptr<const Json::boolean_t*>()) return *boolean;
  return complain(field, std::optional<bool>());
}

std::vector<std::string> FieldReader::texts(const char* field) {
  std::vector<std::string> list;
  for (const Json& item : array(field)) {
    if (const auto* string = item.get_ptr<const Json::string_t*>())
      list.push_back(*string);
    else
      complain(field, 0);
  }
  return list;
}

std::vector<std::int64_t> FieldReader::integers(const char* field) {
  std::vector<std::int64_t> list;
  for (const Json& item : array(field)) {
    if (item.is_number_integer())
      list.push_back(item.get<std::int64_t>());
    else
      complain(field, 0);
  }
  return list;
}

template <typename Read>
void FieldReader::read_object(const char* field, const Json& value, Read read) {
  if (!value.is_object()) return void(complain(field, 0));
  FieldReader inner(value);
  read(inner);
  if (!inner.complaint_.empty()) complain(field, 0);
}

void FieldReader::read(const char* field, ProcessName& to) {
  to = {};
  const auto read = [&](FieldReader& object) {
    to.pid = object.small_integer("pid").value_or(0);
    const std::int64_t start = object.integer("start").value_or(0);
    to.start = start < 0 ? 0 : static_cast<std::uint64_t>(start);
  };
  if (const Json* value = find(field)) read_object(field, *value, read);
}

void FieldReader::read(const char* field, std::vector<Leftover>& to) {
  const auto read = [&](FieldReader& object) {
    to.push_back({object.integer("pid").value_or(0), object.text("name")});
  };
  for (const Json& item : array(field)) read_object(field, item, read);
}

void FieldReader::read(const char* field, std::vector<OrphanMarker>& to) {
  const auto read = [&](FieldReader& object) {
    to.push_back({object.text("file"), object.text("why")});
  };
  for (const Json& item : array(field)) read_object(field, item, read);
}

void FieldReader::read(const char* field, std::optional<std::string>& marker) {
  const auto read = [&](FieldReader& object) { marker = object.text("reason"); };
  if (const Json* value = find(field)) read_object(field, *value, read);
}

void FieldReader::read(const char* field, std::vector<Finding>& to) {
  const Json* value = find(field);
  if (value == nullptr) return;
  if (!value->is_object()) return void(complain(field, 0));
  for (const auto& item : value->items()) {
    read_object(field, item.value(), [&](FieldReader& object) {
      Finding finding{item.key(), false, object.text("text")};
      if (finding.text.empty()) finding = {item.key(), true, object.text("failed")};
      to.push_back(std::move(finding));
    });
  }
}

void FieldReader::read(const char* field, TestSchedule& to) {
  const Json* value = find(field);
  if (value == nullptr) return;
  read_object(field, *value, [&](FieldReader& object) {
    to.depends = object.texts("depends");
    to.setup = object.texts("setup");
    to.required = object.texts("required");
    to.cleanup = object.texts("cleanup");
    to.serial = object.truth("serial").value_or(false);
    to.processors = std::max<std::int64_t>(1, object.integer("processors").value_or(1));
  });
}

std::optional<OutputPlace> FieldReader::place(const char* field, const std::string& log) {
  const Json& list = array(field);
  if (list.empty()) return std::nullopt;
  if (list.size() != 2 || !list[0].is_number_unsigned() || !list[1].is_number_unsigned()) {
    return complain(field, std::optional<OutputPlace>());
  }
  return OutputPlace{log, list[0].get<std::uint64_t>(), list[1].get<std::uint64_t>()};
}

void FieldReader::read(const char* field, std::vector<OutputPlace>& to) {
  const std::string log = text("earlier_log");
  // An offset and a length for each place.
  const std::vector<std::int64_t> numbers = integers(field);
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    if (numbers[i] < 0 || numbers[i + 1] < 0) return to.clear();
    to.push_back(
        {log, static_cast<std::uint64_t>(numbers[i]), static_cast<std::uint64_t>(numbers[i + 1])});
  }
}

void FieldReader::read(const char* field, std::vector<CaseRecord>& to) {
  const std::string log = text("log");
  for (const Json& item : array(field)) {
    CaseRecord record;
    read_object(field, item, [&](FieldReader& object) {
      record.name = object.text("case");
      const std::string outcome = object.text("outcome");
      record.not_run = outcome == "not_run";
      record.outcome = outcome_named(outcome);
      record.exit_code = object.small_integer("exit_code");
      record.signal = object.small_integer("signal");
      record.wall_s = object.number("wall_s");
      record.output = object.place("output", log);
      record.note = object.text("note");
    });
    if (record.name.empty()) {
      if (complaint_.empty()) complaint_ = "case without a name";
      continue;
    }
    if (!record.outcome && !record.not_run && complaint_.empty()) {
      complaint_ = "case with no known outcome";
    }
    to.push_back(std::move(record));
  }
}

void FieldReader::read(const char* field, std::vector<WrittenFile>& to) {
  for (const Json& item : array(field)) {
    WrittenFile file;
    read_object(field, item, [&](FieldReader& object) {
      file.file = object.text("file");
      file.is_removed = object.truth("removed").value_or(false);
      const double written = object.number("written");
      if (written > 0) file.written = written;
    });
    if (!file.file.empty()) to.push_back(std::move(file));
  }
}

}  // namespace holdfast
