// Lines of ctest's log, for tests of its readers.
#pragma once

#include <string>

namespace holdfast {

inline const std::string k_dashes(58, '-');
inline const std::string k_head = "Start testing: Nov 20 08:54 UTC\n" + k_dashes + "\n";
inline const std::string k_foot = "End testing: Nov 20 08:54 UTC\n";

// The random word of the run.
inline const std::string k_word = "Gw4y";

inline std::string head_of(int index, int total, const std::string& name,
                           const std::string& command) {
  const std::string number = std::to_string(index) + "/" + std::to_string(total);
  return number + " Testing: " + name + "\n" + number + " Test: " + name + "\nCommand: " + command +
         "\nDirectory: /t\n\"" + name + "\" start time: Nov 20 08:54 UTC\nOutput:\n" + k_dashes +
         "\n";
}

// Of a test that the launcher starts.
inline std::string begin_of(int index, int total, const std::string& name,
                            const std::string& word = k_word) {
  return head_of(
      index, total, name,
      "\"/a b/holdfast-launcher\" \"--test:" + word + ":.=" + name + "\" \"/bin/x\" \"y\"");
}

// Of another test.
inline std::string bare_of(int index, int total, const std::string& name) {
  return head_of(index, total, name, "\"/bin/x\" \"y\"");
}

inline std::string end_of(const std::string& name, const std::string& status = "Test Passed.") {
  return "<end of output>\nTest time =   0.03 sec\n" + k_dashes + "\n" + status + "\n\"" + name +
         "\" end time: Nov 20 08:54 UTC\n\"" + name + "\" time elapsed: 00:00:00\n" + k_dashes +
         "\n\n";
}

inline std::string entry(int index, int total, const std::string& name, const std::string& output,
                         const std::string& status = "Test Passed.",
                         const std::string& word = k_word) {
  return begin_of(index, total, name, word) + output + end_of(name, status);
}

inline std::string bare(int index, int total, const std::string& name, const std::string& output,
                        const std::string& status = "Test Passed.") {
  return bare_of(index, total, name) + output + end_of(name, status);
}

}  // namespace holdfast
