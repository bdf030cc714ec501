#include "core/lock_wait.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast {
namespace {

constexpr std::size_t k_longest_text = 400;

// One `key=value` per line: values lose their line breaks, which no reader could tell apart.
void append_field(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += '=';
  std::string text(value.substr(0, k_longest_text));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\0', ' ');
  out += text;
  out += '\n';
}

std::string_view field(std::string_view record, std::string_view key) {
  while (!record.empty()) {
    const std::size_t end = record.find('\n');
    const std::string_view line = record.substr(0, end);
    if (line.size() > key.size() && line[key.size()] == '=' && line.substr(0, key.size()) == key) {
      return line.substr(key.size() + 1);
    }
    if (end == std::string_view::npos) break;
    record.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

std::string to_record(const LockParty& party) {
  std::string record;
  append_field(record, "v", "1");
  append_field(record, "process", to_text(party.process));
  append_field(record, "boot", party.boot);
  append_field(record, "since", std::to_string(party.since_unix_ms));
  append_field(record, "test", party.test);
  append_field(record, "tree", party.tree);
  record.resize(k_party_size, '\0');
  return record;
}

std::optional<LockParty> parse_party(std::string_view record) {
  record = record.substr(0, record.find('\0'));
  if (field(record, "v") != "1") return std::nullopt;
  Result<ProcessName> process = parse_process_name(field(record, "process"));
  if (!process) return std::nullopt;
  LockParty party;
  party.process = *process;
  party.boot = field(record, "boot");
  party.test = field(record, "test");
  party.tree = field(record, "tree");
  const std::string_view since = field(record, "since");
  std::from_chars(since.data(), since.data() + since.size(), party.since_unix_ms);
  // Of the machine's locks another user may have written it: no time before 1970, no overflow
  // later.
  party.since_unix_ms = std::max<std::int64_t>(0, party.since_unix_ms);
  return party;
}

std::string describe_holder(std::string_view lock, const LockParty& holder,
                            std::int64_t now_unix_ms) {
  std::string text(lock);
  text += " is held by \"" + holder.test + "\" (pid " + std::to_string(holder.process.pid);
  if (!holder.tree.empty()) text += ", tree " + holder.tree;
  text += ") for ";
  text += describe(Milliseconds{std::max<std::int64_t>(0, now_unix_ms - holder.since_unix_ms)});
  return text;
}

Milliseconds next_telling(unsigned told) {
  // The first line after a fifth of a second: a shorter wait is over before it is read.
  constexpr std::array<int, 6> k_schedule{200, 2'000, 5'000, 10'000, 20'000, 40'000};
  if (told < k_schedule.size()) return Milliseconds{k_schedule[told]};
  return Milliseconds{60'000} * (told - k_schedule.size() + 1);
}

}  // namespace holdfast
