#include "values/marker.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_magic = "holdfast-marker ";
constexpr std::string_view k_version = "1";
constexpr std::string_view k_end = "\nend\n";
constexpr std::string_view k_digits = "0123456789abcdef";

std::string escaped(std::string_view reason, std::size_t limit) {
  std::string text;
  for (char byte : reason) {
    const auto value = static_cast<unsigned char>(byte);
    std::string one(1, byte);
    if (byte == '\\') one = "\\\\";
    if (is_control(byte)) one = {'\\', 'x', k_digits[value >> 4U], k_digits[value & 15U]};
    if (text.size() + one.size() > limit) break;
    text += one;
  }
  return text;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string reason;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return std::nullopt;
    if (text[i] != '\\') {
      reason += text[i];
      continue;
    }
    const std::string_view rest = text.substr(i + 1);
    if (rest.starts_with("\\")) {
      reason += '\\';
      i += 1;
    } else if (rest.size() >= 3 && rest[0] == 'x') {
      const std::size_t high = k_digits.find(rest[1]);
      const std::size_t low = k_digits.find(rest[2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
      reason += static_cast<char>(high * 16 + low);
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return reason;
}

// Reads a marker field by field. Skips unknown fields, because later versions may add fields.
class Fields {
 public:
  // False: the field has come before, or the value does not fit it.
  bool take(std::string_view line) {
    std::string_view value = line;
    const std::string_view key = take_part(value, ' ');
    if (key == "attempt") return set(attempt_, value.empty() ? std::nullopt : text(value));
    if (key == "pid") return set(pid_, parse_number<int>(value));
    if (key == "start") return set(start_, parse_number<std::uint64_t>(value));
    if (key == "reason") return set(reason_, unescaped(value));
    return true;
  }

  std::optional<Marker> marker() && {
    if (!attempt_ || !pid_ || !start_ || !reason_ || *pid_ < 1) return std::nullopt;
    return Marker{std::move(*attempt_), {*pid_, *start_}, std::move(*reason_)};
  }

 private:
  static std::optional<std::string> text(std::string_view value) {
    if (std::ranges::any_of(value, is_control)) return std::nullopt;
    return std::string(value);
  }

  // A field must not come twice.
  template <typename T>
  static bool set(std::optional<T>& field, std::optional<T> value) {
    if (field || !value) return false;
    field = std::move(value);
    return true;
  }

  std::optional<std::string> attempt_;
  std::optional<int> pid_;
  std::optional<std::uint64_t> start_;
  std::optional<std::string> reason_;
};

// Why the marker is not the owner's; empty: it is the owner's.
std::string why_foreign(const Marker& marker, const MarkerOwner& owner) {
  if (marker.attempt != owner.attempt) return "is of another attempt";
  const std::string process = "is of process " + std::to_string(marker.process.pid);
  if (owner.pid == 0) return process + ", and the test's main process is not known";
  if (marker.process.pid != owner.pid) return process + ", which is not the test's main process";
  if (marker.process.start < owner.earliest_start || marker.process.start > owner.latest_start) {
    return process + ", but not of the one that was the test's main process";
  }
  return {};
}

}  // namespace

std::string marker_file_name(int pid) {
  return std::string(names::k_marker_prefix) + std::to_string(pid);
}

std::string marker_text(const Marker& marker) {
  std::string text = text_of({k_magic, k_version, "\nattempt ", marker.attempt, "\npid ",
                              std::to_string(marker.process.pid), "\nstart ",
                              std::to_string(marker.process.start), "\nreason "});
  const std::size_t taken = text.size() + k_end.size();
  if (taken < k_longest_marker) text += escaped(marker.reason, k_longest_marker - taken);
  text += k_end;
  return text;
}

Result<Marker> parse_marker(std::string_view bytes) {
  if (bytes.size() > k_longest_marker) return ErrorInWords{"is longer than a marker may be"};
  if (!take_words(bytes, k_magic)) {
    const bool begins_so = k_magic.starts_with(bytes);
    return ErrorInWords{begins_so ? "is cut off" : "is not a marker"};
  }
  const std::string_view version = bytes.substr(0, bytes.find('\n'));
  if (version.size() == bytes.size()) return ErrorInWords{"is cut off"};
  if (version != k_version) return ErrorInWords{"is of a version that this Holdfast does not know"};
  if (!bytes.ends_with(k_end)) return ErrorInWords{"is cut off"};
  bytes.remove_prefix(version.size() + 1);
  Fields fields;
  while (bytes != k_end.substr(1)) {
    const std::string_view line = take_part(bytes, '\n');
    if (line == "end") return ErrorInWords{"goes on after its end"};
    if (!fields.take(line)) return ErrorInWords{"has a line that is not understood"};
  }
  std::optional<Marker> marker = std::move(fields).marker();
  if (!marker) return ErrorInWords{"has not all that a marker needs"};
  return std::move(*marker);
}

JudgedMarkers judge_markers(const std::vector<MarkerFile>& files, const MarkerOwner& owner) {
  JudgedMarkers judged;
  for (const MarkerFile& file : files) {
    const auto orphan = [&](const std::string& why) { judged.orphans.push_back({file.name, why}); };
    if (!file.text) {
      orphan(to_text(file.text.error()));
      continue;
    }
    Result<Marker> marker = parse_marker(*file.text);
    if (!marker) {
      orphan(to_text(marker.error()));
    } else if (file.name != marker_file_name(marker->process.pid)) {
      orphan("has a name that is not its process's");
    } else if (const std::string why = why_foreign(*marker, owner); !why.empty()) {
      orphan(why);
    } else {
      judged.reason = std::move(marker->reason);
    }
  }
  return judged;
}

}  // namespace holdfast
