#include "values/lock_wait.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/strings.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_text = 400;
constexpr std::size_t k_longest_list = 120;

// Writes one `key=value` per line. Line breaks in a value become blanks, because no reader could
// tell them from the end of a line.
void append_field(std::string& out, std::string_view key, std::string_view value,
                  std::size_t longest = k_longest_text) {
  std::string text(value.substr(0, longest));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\0', ' ');
  out += text_of({key, "=", text, "\n"});
}

void append_if_any(std::string& out, std::string_view key, std::string_view value) {
  if (!value.empty()) append_field(out, key, value);
}

// As many whole parts of a comma-separated list as fit into `longest` bytes.
std::string whole_parts(std::string list, std::size_t longest) {
  if (list.size() > longest) list.erase(std::min(list.rfind(',', longest), longest));
  return list;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) parts.emplace_back(take_part(list, ','));
  return parts;
}

std::int64_t number_in(std::string_view text) {
  return leading_number<std::int64_t>(text).value_or(0);
}

std::string_view field(std::string_view record, std::string_view key) {
  while (!record.empty()) {
    std::string_view value = take_part(record, '\n');
    const bool has_value = value.find('=') != std::string_view::npos;
    if (take_part(value, '=') == key && has_value) return value;
  }
  return {};
}

}  // namespace

void LockParty::say_how(const LockSpec& spec) {
  mode = spec.mode;
  units = spec.units;
  size = has_units(mode) ? spec.size : 0;
}

std::string to_record(const LockParty& party) {
  std::string record;
  append_field(record, "v", "1");
  append_field(record, "process", to_text(party.process));
  append_field(record, "boot", party.boot);
  append_field(record, "since", std::to_string(party.since_unix_ms));
  append_if_any(record, "how", how_of(party));
  append_if_any(record, "slots", whole_parts(to_text(party.slots), k_longest_list));
  if (party.ticket != 0) append_field(record, "ticket", std::to_string(party.ticket));
  append_if_any(record, "attempt", party.attempt);
  append_if_any(record, "around", whole_parts(separated(party.around, ","), k_longest_list));
  append_field(record, "test", party.test);
  // The tree comes last, with all the room that is left: its path should be whole.
  constexpr std::size_t k_key_and_end = 6;
  append_field(record, "tree", party.tree, k_party_size - k_key_and_end - record.size());
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
  party.test = std::string(field(record, "test"));
  party.tree = std::string(field(record, "tree"));
  // Another user may have written the record of a machine lock: a negative time in it could make a
  // subtraction overflow.
  party.since_unix_ms = std::max<std::int64_t>(0, number_in(field(record, "since")));
  party.ticket = number_in(field(record, "ticket"));
  party.attempt = std::string(field(record, "attempt"));
  party.around = split(field(record, "around"));
  party.slots = parse_slots(field(record, "slots"));
  if (const std::optional<LockSpec> spec = parse_how(field(record, "how"))) party.say_how(*spec);
  return party;
}

std::string to_text(const std::vector<unsigned>& slots) { return separated(slots, ",", in_digits); }

std::string describe_party(const LockParty& party) {
  // Another user may have written the record of a machine lock, so its text may hold control
  // characters.
  std::string text =
      text_of({"\"", printable(party.test), "\" (pid ", std::to_string(party.process.pid)});
  if (party.elsewhere) text += " in another PID namespace";
  if (party.stopped) text += ", stopped";
  if (!party.tree.empty()) text += ", tree " + printable(party.tree);
  return text + ")";
}

std::string describe_obstacles(std::string_view lock, const ObstacleWords& words) {
  std::string text(lock);
  text += words.holder.empty() ? " is being handed on" : " is held by " + words.holder;
  if (words.holders > 1) text += text_of({" and ", std::to_string(words.holders - 1), " more"});
  if (words.ahead == 0) return text;
  text += text_of({"; ", std::to_string(words.ahead), " before us"});
  if (!words.waiter.empty()) text += ", " + words.waiter;
  return text;
}

std::string describe_obstacles(std::string_view lock, const LockObstacles& obstacles,
                               std::int64_t now_unix_ms) {
  ObstacleWords words;
  words.ahead = obstacles.ahead;
  if (!obstacles.holders.empty()) {
    // Of several holders, a stopped one matters most to people.
    const auto& all = obstacles.holders;
    const auto stopped = std::ranges::find_if(all, &LockParty::stopped);
    const LockParty& holder = stopped != all.end() ? *stopped : all.front();
    const std::int64_t held = std::max<std::int64_t>(0, now_unix_ms - holder.since_unix_ms);
    words.holder = text_of({describe_party(holder), " for ", describe(Milliseconds{held})});
    words.holders = all.size();
  } else if (!obstacles.strangers.empty()) {
    words.holder = "a process that left no record: " + obstacles.strangers.front();
  } else if (obstacles.ahead == 0) {
    words.holder = "a process that left no record (flock(1)?)";
  }
  const auto& before = obstacles.before;
  if (!before.empty()) words.waiter = "first " + describe_party(before.front());
  const auto stopped = std::ranges::find_if(before, &LockParty::stopped);
  if (stopped != before.end()) words.waiter = "of them stopped: " + describe_party(*stopped);
  return describe_obstacles(lock, words);
}

std::vector<unsigned> parse_slots(std::string_view text) {
  std::vector<unsigned> slots;
  while (!text.empty()) {
    const std::int64_t slot = number_in(take_part(text, ','));
    if (slot >= 0 && slot < k_most_slots) slots.push_back(static_cast<unsigned>(slot));
  }
  return slots;
}

Milliseconds next_telling(unsigned told) {
  // The first line comes after a fifth of a second: nobody could read it during a shorter wait.
  constexpr std::array<int, 6> k_schedule{200, 2'000, 5'000, 10'000, 20'000, 40'000};
  if (told < k_schedule.size()) return Milliseconds{k_schedule[told]};
  return Milliseconds{60'000} * (told - k_schedule.size() + 1);
}

}  // namespace holdfast
