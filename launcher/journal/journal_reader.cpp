#include "journal/journal_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <istream>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "journal/run_files.hpp"
#include "values/fields.hpp"

namespace holdfast {
namespace {

// ordered_json keeps an object's fields in a list. A record has a dozen fields. To build a search
// tree of them would take as long as all other parsing.
using Json = nlohmann::ordered_json;

constexpr int k_journal_version = 1;
// Records nest three deep. A line that nests deeper is not ours, and we do not build it up in
// memory.
constexpr int k_max_depth = 8;
// A record has about thirty fields; each leftover of a test adds two.
constexpr std::size_t k_max_fields = 4096;
constexpr std::int64_t k_most_more = 1'000'000'000;

// Reads the fields of one JSON object of a journal, each as its type. A field with a value of
// another type counts as absent. take_complaint() tells of the first such field. Never throws.
class FieldReader {
 public:
  // `object` is a JSON object and must outlive this reader.
  explicit FieldReader(const Json& object) : object_(object) {}

  // A text or a truth. None: absent.
  template <typename T>
  std::optional<T> value(const char* field) {
    const Json* found = find(field);
    if (found == nullptr) return std::nullopt;
    if (const auto* value = found->get_ptr<const T*>()) return *value;
    return complain(field, std::optional<T>());
  }

  // Empty: absent; value() tells an empty text apart.
  std::string text(const char* field) { return value<std::string>(field).value_or(""); }

  // Always finite, or the parser would have refused it; 0: absent.
  double number(const char* field) {
    const Json* value = find(field);
    if (value == nullptr) return 0;
    return value->is_number() ? value->get<double>() : complain(field, 0.0);
  }

  std::optional<std::int64_t> integer(const char* field) {
    const Json* value = find(field);
    if (value == nullptr) return std::nullopt;
    const bool is_too_large =
        value->is_number_unsigned() && !std::in_range<std::int64_t>(value->get<std::uint64_t>());
    if (value->is_number_integer() && !is_too_large) return value->get<std::int64_t>();
    return complain(field, std::optional<std::int64_t>());
  }

  // One overload for each kind of field. If the field is absent, a whole number, a truth or a
  // verdict keeps its value, a number with a fraction becomes 0, and anything else becomes empty.
  void read(const char* field, std::string& to) { to = text(field); }
  void read(const char* field, std::vector<std::string>& to) { to = texts(field); }
  void read(const char* field, std::int64_t& to) { to = integer(field).value_or(to); }
  void read(const char* field, std::optional<std::int64_t>& to) { to = integer(field); }
  void read(const char* field, std::optional<int>& to) { to = small_integer(field); }
  void read(const char* field, double& to) { to = number(field); }
  void read(const char* field, std::optional<double>& to) {
    if (const double value = number(field); value > 0) to = value;
  }
  void read(const char* field, bool& to) { to = value<bool>(field).value_or(to); }
  void read(const char* field, std::optional<bool>& to) { to = value<bool>(field); }
  void read(const char* field, std::optional<Outcome>& to) { to = outcome_named(text(field)); }
  void read(const char* field, std::optional<Verdict>& to) { to = named<Verdict>(text(field)); }
  void read(const char* field, Verdict& to) { to = named<Verdict>(text(field)).value_or(to); }

  void read(const char* field, ProcessName& to) {
    read_object(field, find(field), [&](FieldReader& object) {
      to.pid = object.small_integer("pid").value_or(0);
      const std::int64_t start = object.integer("start").value_or(0);
      to.start = start < 0 ? 0 : static_cast<std::uint64_t>(start);
    });
  }

  // Of a struct that has a list of its fields.
  template <wire::Listed T>
  void read(const char* field, T& to) {
    read_object(field, find(field), [&](FieldReader& object) { object.read_fields(to); });
  }

  template <wire::Listed T>
  void read(const char* field, std::vector<T>& to) {
    const auto read_item = [&](FieldReader& object) { object.read_fields(to.emplace_back()); };
    for (const Json& item : array(field)) read_object(field, &item, read_item);
  }

  void read(const char* field, std::optional<std::string>& marker) {
    read_object(field, find(field), [&](FieldReader& object) { marker = object.text("reason"); });
  }

  void read(const char* field, std::vector<Finding>& to) {
    const Json* value = find(field);
    if (value == nullptr) return;
    if (!value->is_object()) return void(complain(field, 0));
    for (const auto& item : value->items()) {
      read_object(field, &item.value(), [&](FieldReader& object) {
        Finding finding{item.key(), false, object.text("text")};
        if (finding.text.empty()) finding = {item.key(), true, object.text("failed")};
        to.push_back(std::move(finding));
      });
    }
  }

  // In the file that the field `log` names.
  void read(const char* field, std::optional<OutputPlace>& to) { to = place(field, text("log")); }

  // In the file that the field `earlier_log` names. None if one of them cannot be.
  void read(const char* field, std::vector<OutputPlace>& to) {
    const std::string log = text("earlier_log");
    // An offset and a length for each place.
    const auto numbers = list<std::int64_t>(field, &Json::is_number_integer);
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
      if (numbers[i] < 0 || numbers[i + 1] < 0) return to.clear();
      to.push_back({log, static_cast<std::uint64_t>(numbers[i]),
                    static_cast<std::uint64_t>(numbers[i + 1])});
    }
  }

  // Cases without a name are left out.
  void read(const char* field, std::vector<CaseRecord>& to) {
    const std::string log = text("log");
    for (const Json& item : array(field)) {
      CaseRecord record;
      read_object(field, &item, [&](FieldReader& object) {
        record.name = object.text("case");
        const std::string outcome = object.text("outcome");
        const Outcome other =
            outcome == name_of(Outcome::not_run) ? Outcome::not_run : Outcome::unknown;
        record.outcome = outcome_named(outcome).value_or(other);
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
      if (record.outcome == Outcome::unknown && complaint_.empty()) {
        complaint_ = "case with no known outcome";
      }
      to.push_back(std::move(record));
    }
  }

  // The field that could not be used, and why. Empty if there was none.
  std::string take_complaint() { return std::move(complaint_); }

 private:
  void read_fields(wire::Listed auto& whole) {
    each_field(whole, [&](const char* field, auto& value, const auto&...) { read(field, value); });
  }

  std::optional<int> small_integer(const char* field) {
    const std::optional<std::int64_t> wide = integer(field);
    if (!wide) return std::nullopt;
    if (!std::in_range<int>(*wide)) return complain(field, std::optional<int>());
    return static_cast<int>(*wide);
  }

  // Items that are not of the type are left out.
  template <typename T>
  std::vector<T> list(const char* field, bool (Json::*is_of_type)() const noexcept) {
    std::vector<T> list;
    for (const Json& item : array(field)) {
      if ((item.*is_of_type)())
        list.push_back(item.get<T>());
      else
        complain(field, 0);
    }
    return list;
  }
  std::vector<std::string> texts(const char* field) {
    return list<std::string>(field, &Json::is_string);
  }

  std::optional<OutputPlace> place(const char* field, const std::string& log) {
    const Json& list = array(field);
    if (list.empty()) return std::nullopt;
    if (list.size() != 2 || !list[0].is_number_unsigned() || !list[1].is_number_unsigned()) {
      return complain(field, std::optional<OutputPlace>());
    }
    return OutputPlace{log, list[0].get<std::uint64_t>(), list[1].get<std::uint64_t>()};
  }

  const Json* find(const char* field) const {
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

  const Json& array(const char* field) {
    static const Json k_empty = Json::array();
    const Json* value = find(field);
    if (value == nullptr) return k_empty;
    return value->is_array() ? *value : complain<const Json&>(field, k_empty);
  }

  template <typename T>
  T complain(const char* field, T instead) {
    if (complaint_.empty())
      complaint_ = fmt::format("field {} is not of the documented type", field);
    return instead;
  }

  // Reads `value`, which is the value of the field or an item in it. Null: it is absent.
  template <typename Read>
  void read_object(const char* field, const Json* value, Read read) {
    if (value == nullptr) return;
    if (!value->is_object()) return void(complain(field, 0));
    FieldReader inner(*value);
    read(inner);
    if (!inner.complaint_.empty()) complain(field, 0);
  }

  const Json& object_;
  mutable std::size_t next_ = 0;  // where the next field probably is
  std::string complaint_;
};

ParsedLine refused(std::string why) { return {std::nullopt, std::move(why)}; }

template <typename T>
T read(FieldReader& in) {
  T record;
  record.at = in.number("at");
  FieldsOf<T>::each([&](const char* name, auto member, When) { in.read(name, record.*member); });
  return record;
}

template <std::size_t I = 0>
std::optional<Record> record_of(std::string_view type, FieldReader& in) {
  if constexpr (I == std::variant_size_v<Record>) {
    return std::nullopt;
  } else {
    using T = std::variant_alternative_t<I, Record>;
    if (type == T::k_type) return read<T>(in);
    return record_of<I + 1>(type, in);
  }
}

// What a line must have to be a record of its type; empty: it has it.
std::string lack_of(const std::string& type, FieldReader& in) {
  const bool of_a_test = type == "attempt_started" || type == "attempt_ended" || type == "bare" ||
                         type == "verdict" || type == "cases" || type == "stale";
  // A test may have an empty name.
  if (of_a_test && !in.value<std::string>("test")) return type + " without a test";
  if (type == "run_started" && in.text("run").empty()) return "run_started without a run";
  if (type == "step" && in.text("kind").empty()) return "step without a kind";
  if (type == "service" && in.text("service").empty()) return "service without a name";
  if (type == "log_word" && in.text("word").empty()) return "log_word without a word";
  if (type != "verdict" || named<Verdict>(in.text("verdict"))) return {};
  return "verdict of an unknown name";
}

ParsedLine record_of(const Json& object) {
  FieldReader in(object);
  if (in.integer("v").value_or(0) != k_journal_version)
    return refused("not version 1 of the journal");
  const std::string type = in.text("type");
  if (std::string lack = lack_of(type, in); !lack.empty()) return refused(std::move(lack));
  ParsedLine parsed;
  parsed.record = record_of(type, in);
  if (!parsed.record) return refused("unknown type of record");
  parsed.complaint = in.take_complaint();
  const auto* ended = std::get_if<AttemptEnded>(&*parsed.record);
  if (ended != nullptr && !ended->outcome && parsed.complaint.empty()) {
    parsed.complaint = "attempt_ended with no known outcome";
  }
  if (auto* started = std::get_if<AttemptStarted>(&*parsed.record)) {
    started->schedule.processors = std::max<std::int64_t>(1, started->schedule.processors);
  }
  if (auto* sources = std::get_if<SourcesRecord>(&*parsed.record)) {
    sources->more = std::clamp(sources->more, std::int64_t{0}, k_most_more);
    std::erase_if(sources->changed, [](const WrittenFile& one) { return one.file.empty(); });
  }
  return parsed;
}

// The shape of a JSON text, without what is inside strings. Fields are counted because each look-up
// takes longer the more fields there are.
struct Shape {
  int depth = 0;  // the deepest
  std::size_t fields = 0;
};

Shape shape_of(std::string_view text) {
  Shape shape;
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '{' || c == '[')) {
      shape.depth = std::max(shape.depth, ++depth);
    } else if (!in_text && (c == '}' || c == ']')) {
      --depth;
    } else if (!in_text && c == ':') {
      ++shape.fields;
    }
  }
  return shape;
}

Json parsed_json(std::string_view text) {
  const Shape shape = shape_of(text);
  if (shape.fields > k_max_fields) return Json(Json::value_t::discarded);
  if (shape.depth <= k_max_depth) return Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= k_max_depth; };
  return Json::parse(text, shallow, /*allow_exceptions=*/false);
}

class LineCollector {
 public:
  explicit LineCollector(const SeeRecord& see) : see_(see) {}

  void feed(std::string_view chunk) {
    while (!chunk.empty()) {
      const std::size_t newline = chunk.find('\n');
      keep(chunk.substr(0, newline));
      if (newline == std::string_view::npos) return;
      end_line();
      chunk.remove_prefix(newline + 1);
    }
  }

  // The last line has no newline: its writer died. The line may still be a whole record.
  JournalFlaws finish() && {
    found_.cut_off = !line_.empty() || too_long_;
    if (found_.cut_off) end_line();
    return std::move(found_);
  }

 private:
  void keep(std::string_view part) {
    if (too_long_) return;
    if (line_.size() + part.size() > k_max_journal_line) {
      too_long_ = true;
      line_ = std::string();
      return;
    }
    line_.append(part);
  }

  void end_line() {
    ++number_;
    if (too_long_) {
      complain("longer than any record");
    } else if (line_.find_first_not_of(" \t\r") != std::string::npos) {
      ParsedLine parsed = parse_record(line_);
      if (!parsed.complaint.empty()) complain(std::move(parsed.complaint));
      if (parsed.record) see_(*std::move(parsed.record));
    }
    line_.clear();
    too_long_ = false;
  }

  void complain(std::string what) {
    ++found_.flaws;
    if (found_.complaints.size() < k_max_complaints)
      found_.complaints.push_back({number_, std::move(what)});
  }

  const SeeRecord& see_;
  JournalFlaws found_;
  std::string line_;
  std::size_t number_ = 0;
  bool too_long_ = false;
};

// The end of a journal in which `run_ended` is looked for. Usually it is short. It may have the
// names of ten thousand tests.
constexpr std::streamoff k_tail = 4096;
constexpr std::streamoff k_longest_tail = k_tail * 16 * 16 * 16;

// The type stands before all texts of a record, so most lines need not be parsed.
bool may_be_end(const std::string& line) {
  constexpr std::size_t k_head = 64;
  return line.substr(0, k_head).find(R"("run_ended")") != std::string::npos;
}

// Nothing when the line is longer than a line of a journal may be.
std::string first_line(std::istream& stream) {
  std::string line;
  std::streambuf& bytes = *stream.rdbuf();
  for (int byte = bytes.sbumpc(); byte != std::char_traits<char>::eof() && byte != '\n';
       byte = bytes.sbumpc()) {
    if (line.size() >= k_max_journal_line) return {};
    line += static_cast<char>(byte);
  }
  return line;
}

}  // namespace

ParsedLine parse_record(std::string_view line) {
  Json object = parsed_json(line);
  // A test's name may hold any bytes. The record must not be lost for one odd byte.
  if (object.is_discarded()) object = parsed_json(valid_utf8(line));
  if (!object.is_object()) return refused("not a JSON object of a record's size");
  return record_of(object);
}

JournalFlaws read_records(std::istream& stream, const SeeRecord& see) {
  LineCollector lines(see);
  std::array<char, 64U << 10U> chunk{};
  while (stream.good()) {
    stream.read(chunk.data(), chunk.size());
    lines.feed({chunk.data(), static_cast<std::size_t>(stream.gcount())});
  }
  return std::move(lines).finish();
}

Result<JournalFlaws> read_records(const std::filesystem::path& file, const SeeRecord& see) {
  HOLDFAST_TRY(const RunFile journal, open_run_file(file.string()));
  return read_records(*journal.stream, see);
}

Journal read_journal(std::istream& stream) {
  Journal journal;
  const auto keep = [&](Record&& record) { journal.records.push_back(std::move(record)); };
  static_cast<JournalFlaws&>(journal) = read_records(stream, keep);
  return journal;
}

Result<Journal> read_journal(const std::filesystem::path& file) {
  HOLDFAST_TRY(const RunFile journal, open_run_file(file.string()));
  return read_journal(*journal.stream);
}

std::vector<AttemptStarted> unended_attempts(const std::vector<Record>& records) {
  std::vector<AttemptStarted> started;
  std::set<std::string> ended;
  for (const Record& record : records) {
    if (const auto* one = std::get_if<AttemptStarted>(&record)) started.push_back(*one);
    if (const auto* one = std::get_if<AttemptEnded>(&record)) ended.insert(one->attempt);
  }
  std::erase_if(started, [&](const AttemptStarted& one) {
    return one.attempt.empty() || ended.count(one.attempt) != 0;
  });
  return started;
}

std::optional<RunStarted> first_record(const std::filesystem::path& journal) {
  const Result<RunFile> file = open_run_file(journal.string());
  return file ? first_record(*file) : std::nullopt;
}

std::optional<RunStarted> first_record(const RunFile& journal) {
  ParsedLine parsed = parse_record(first_line(*journal.stream));
  if (!parsed.record) return std::nullopt;
  auto* started = std::get_if<RunStarted>(&*parsed.record);
  return started != nullptr ? std::optional<RunStarted>(std::move(*started)) : std::nullopt;
}

std::optional<RunEnded> end_record(const std::filesystem::path& journal) {
  const Result<RunFile> file = open_run_file(journal.string());
  return file ? end_record(*file) : std::nullopt;
}

std::optional<RunEnded> end_record(const RunFile& journal) {
  const auto size = static_cast<std::streamoff>(journal.size);
  std::optional<RunEnded> end;
  for (std::streamoff tail = k_tail; !end && tail <= k_longest_tail; tail *= 16) {
    journal.stream->clear();
    journal.stream->seekg(std::max<std::streamoff>(0, size - tail));
    std::string line;
    while (std::getline(*journal.stream, line)) {
      if (!may_be_end(line)) continue;
      const ParsedLine parsed = parse_record(line);
      const auto* ended = parsed.record ? std::get_if<RunEnded>(&*parsed.record) : nullptr;
      if (ended != nullptr && (!end || !end->complete)) end = *ended;
    }
    if (tail >= size) break;
  }
  return end;
}

}  // namespace holdfast
