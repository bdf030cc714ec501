#include "values/held_locks.hpp"

#include <tuple>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {

namespace {

// A place has neither `:` nor `#`: names in it are encoded as file names.
std::string_view place_in(std::string_view entry) {
  return entry.substr(0, entry.find_first_of(":#"));
}

std::string_view attempt_in(std::string_view entry) { return entry.substr(entry.find('#') + 1); }

std::string_view how_in(std::string_view entry) {
  return text_after(entry.substr(0, entry.find('#')), ":");
}

std::vector<std::string> entries_in(std::string_view text) {
  std::vector<std::string> entries;
  for (const std::string_view entry : TextParts{text, ','}) {
    if (entry.find('#') != std::string_view::npos) entries.emplace_back(entry);
  }
  return entries;
}

// How an ancestor has a lock.
struct How {
  LockMode mode = LockMode::exclusive;
  std::vector<unsigned> slots;
  std::uint64_t amount = 0;
  std::uint64_t size = 0;
};

How how_held(std::string_view text) {
  How how;
  if (text.empty()) return how;
  // An entry that is not understood counts as shared, which allows the least.
  how.mode = LockMode::shared;
  const std::optional<LockSpec> amount = parse_how(text);
  if (amount && amount->mode == LockMode::amount) {
    how.mode = amount->mode;
    how.amount = amount->units;
    how.size = amount->size;
    return how;
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return how;
  how.mode = LockMode::counted;
  how.size = leading_number<std::uint64_t>(text.substr(slash + 1)).value_or(0);
  for (const std::string_view slot : TextParts{text.substr(0, slash), '+'}) {
    how.slots.push_back(leading_number<unsigned>(slot).value_or(0));
  }
  return how;
}

// The order of all locks, of any project and tree. A run lock has no rank, because tests never ask
// for one.
using Rank = std::tuple<LockScope, std::string, std::string_view>;

std::optional<Rank> rank_of(std::string_view place) {
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view directory = place.substr(0, slash);
  const std::size_t dash = directory.find('-');
  const std::optional<LockScope> scope = named<LockScope>(directory.substr(0, dash));
  const bool needs_key = scope == LockScope::project || scope == LockScope::build;
  if (!scope || needs_key != (dash != std::string_view::npos)) return std::nullopt;
  return Rank{*scope, decode_file_name(place.substr(slash + 1)), place};
}

// Whether `spec` is one of the two locks that an enclosing test may hold shared while a test
// inside, at any depth, wants it exclusively.
bool is_among_siblings(const LockSpec& spec) {
  if (has_units(spec.mode)) return false;
  return spec.name == k_run_serial_lock || is_retry_alone_lock(spec);
}

Error refused(const LockSpec& spec, std::string_view had) {
  const std::string wanted =
      spec.mode == LockMode::amount ? size_text(spec.units) : std::to_string(spec.units) + " slots";
  return Error{text_of({"have ", wanted, ": an attempt around this one has ", had,
                        ", and would be waited for forever"})};
}

// The level for units, below an attempt that has units, too.
Result<LockLevel> level_of_units(const LockSpec& spec, How how, LockLevel level) {
  // Who leaves the whole to the machine agrees with everybody.
  const bool both_say = how.size != 0 && spec.size != 0;
  if (both_say && how.size != spec.size) {
    const auto text = [&](std::uint64_t size) {
      return spec.mode == LockMode::amount ? size_text(size) : std::to_string(size);
    };
    return Error{text_of({"use it: an attempt around this one has it with size ", text(how.size),
                          "; expected ", text(spec.size)})};
  }
  if (spec.mode == LockMode::amount) {
    if (spec.units > how.amount) return refused(spec, size_text(how.amount));
    level.amount = how.amount;
  } else {
    if (spec.units > how.slots.size()) return refused(spec, std::to_string(how.slots.size()));
    level.slots = std::move(how.slots);
  }
  return level;
}

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

std::int64_t number_in(std::string_view text) {
  return leading_number<std::int64_t>(text).value_or(0);
}

std::string_view field(std::string_view record, std::string_view key) {
  for (std::string_view value : TextParts{record, '\n'}) {
    const bool has_value = value.find('=') != std::string_view::npos;
    if (take_part(value, '=') == key && has_value) return value;
  }
  return {};
}

}  // namespace

HeldLocks::HeldLocks(std::string_view text) : entries_(entries_in(text)) {}

void HeldLocks::add_farther(std::string_view text) {
  for (std::string& entry : entries_in(text)) {
    if (std::ranges::find(entries_, entry) == entries_.end()) entries_.push_back(std::move(entry));
  }
}

const std::string* HeldLocks::entry_of(std::string_view place) const {
  const auto found = std::ranges::find_if(entries_, [&](const std::string& entry) {
    return place_in(entry) == place && !attempt_in(entry).empty();
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::string HeldLocks::level_of(std::string_view place) const {
  const std::string* entry = entry_of(place);
  return entry == nullptr ? std::string{} : std::string(attempt_in(*entry));
}

Result<LockLevel> HeldLocks::level_for(const LockSpec& spec, std::string_view place) const {
  const std::string* entry = entry_of(place);
  if (entry == nullptr) return LockLevel{};
  How how = how_held(how_in(*entry));
  LockLevel level{.attempt = std::string(attempt_in(*entry)), .slots = {}};
  if (how.mode == LockMode::exclusive || spec.mode == LockMode::shared) return level;
  if (is_among_siblings(spec)) return level;
  if (has_units(spec.mode) && how.mode == spec.mode) {
    return level_of_units(spec, std::move(how), std::move(level));
  }
  const char* had = how.mode == LockMode::shared    ? "shared"
                    : how.mode == LockMode::counted ? "slots of it"
                                                    : "a part of it";
  return Error{text_of({"have more of it than an attempt around this one, which has ", had,
                        " and would be waited for forever"})};
}

bool HeldLocks::is_out_of_order(const LockSpec& spec, std::string_view place) const {
  const std::string level = level_of(place);
  const Rank wanted{spec.scope, spec.name, place};
  for (const std::string& entry : entries_) {
    if (!level.empty() && attempt_in(entry) == level) break;
    const std::optional<Rank> held = rank_of(place_in(entry));
    if (held && wanted < *held) return true;
  }
  return false;
}

std::vector<std::string> HeldLocks::holders_of(std::string_view place) const {
  std::vector<std::string> found;
  for (const std::string& entry : entries_) {
    if (place_in(entry) == place && !attempt_in(entry).empty()) {
      found.emplace_back(attempt_in(entry));
    }
  }
  return found;
}

void HeldLocks::forget(std::string_view place, std::string_view attempt) {
  for (std::string& entry : entries_) {
    if (place_in(entry) != place || attempt_in(entry) != attempt) continue;
    entry = "#" + std::string(attempt);
  }
}

std::vector<std::string> HeldLocks::attempts() const {
  std::vector<std::string> found;
  for (const std::string& entry : entries_) {
    const std::string_view attempt = attempt_in(entry);
    if (std::ranges::find(found, attempt) == found.end()) found.emplace_back(attempt);
  }
  return found;
}

std::string HeldLocks::with(const std::vector<std::string>& places,
                            std::string_view attempt) const {
  std::vector<std::string> all = collected(places, [&](const std::string& place) {
    return text_of({place, "#", attempt});
  });
  // The older entry for the same place stays, behind the new one. It names an attempt that is still
  // around us, and by this entry a sweep finds everything below that attempt.
  all.insert(all.end(), entries_.begin(), entries_.end());
  return separated(all, ",");
}

std::string held_entry(const std::string& place, const LockSpec& spec,
                       const std::vector<unsigned>& slots) {
  if (spec.mode == LockMode::exclusive) return place;
  if (spec.mode != LockMode::counted) return text_of({place, ":", how_of(spec)});
  std::string how;
  for (unsigned slot : slots) how += (how.empty() ? ":" : "+") + std::to_string(slot);
  return text_of({place, how, "/", std::to_string(spec.size)});
}

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
  const TextParts around{field(record, "around"), ','};
  party.around = collected(around, [](std::string_view attempt) { return std::string(attempt); });
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
  for (const std::string_view part : TextParts{text, ','}) {
    const std::int64_t slot = number_in(part);
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
