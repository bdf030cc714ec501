#include "exec/retry/last_words.hpp"

#include <algorithm>

namespace holdfast::exec {
namespace {

constexpr std::string_view k_prefix = "holdfast: ";

void tell_lines(std::string_view words, supervision::Teller teller) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    std::string_view line = words.substr(0, end);
    if (line.starts_with(k_prefix)) teller.tell(line.substr(k_prefix.size()));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

}  // namespace

std::string words_on_flaky(std::size_t attempts) {
  return "<CTestLabel>flaky</CTestLabel>\n"
         "<CTestMeasurement type=\"numeric/integer\" name=\"holdfast.attempts\">" +
         std::to_string(attempts) + "</CTestMeasurement>\n";
}

std::string words_on_failure(std::string_view end, std::string_view reason,
                             const std::vector<EarlierAttempt>& earlier,
                             const std::vector<forensics::Finding>& findings) {
  if (earlier.empty() && findings.empty()) return {};
  std::string text = std::string(k_prefix) + std::string(end);
  text += (reason.empty() ? "" : ", ") + std::string(reason) + "\n";
  for (const EarlierAttempt& attempt : earlier) {
    text += std::string(k_prefix) + "  attempt " + std::to_string(attempt.n) + ": " + attempt.how;
    text += (attempt.log.empty() ? "" : ", its output: " + attempt.log) + "\n";
  }
  return text + forensics::to_text(findings);
}

void say_last_words(const std::string& words, const VerdictMirror& mirror, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output) {
  if (words.empty()) return;
  if (output == nullptr) return tell_lines(words, ended.teller);
  const std::string last = output->text(1);
  const std::string text = (last.empty() || last == "\n" ? "" : "\n") + words;
  if (mirror.is_same_with(ended.result, mode, *output, text)) {
    output->write(Stream::output, text);
  } else {
    tell_lines(words, ended.teller);
  }
}

}  // namespace holdfast::exec
