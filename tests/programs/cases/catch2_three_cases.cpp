// Speaks as much of Catch2 3 as a batch needs, where only version 2 is installed: the command line
// (--list-tests, --reporter name::out=file, a selection), the reporters console, automake, compact
// and xml (of lists), the exit codes. The cases are those of catch2_cases.cpp.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

enum class End { passed, failed, skipped };

struct Case {
  std::string name;
  std::string tag;
  std::function<End()> run;
};

End died(int signal) {
  raise(signal);
  return End::passed;
}

End left(int code) { exit(code); }

End said(const char* text) {
  std::cout << text << std::endl;
  return End::passed;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"passes", "", [] { return End::passed; }},
      {"fails", "", [] { return End::failed; }},
      {"fails twice", "", [] { return End::failed; }},
      {"throws", "", [] { return End::failed; }},
      {"segfaults", "", [] { return died(SIGSEGV); }},
      {"aborts", "", [] { return died(SIGABRT); }},
      {"is killed", "", [] { return died(SIGKILL); }},
      {"exits with 0", "", [] { return left(0); }},
      {"exits with 3", "", [] { return left(3); }},
      {"is hidden", ".", [] { return End::failed; }},
      {"is skipped", "", [] { return End::skipped; }},
      {"prints", ".says", [] { return said("said by prints"); }},
      {"prints and segfaults", ".says",
       [] {
         said("said before the end");
         return died(SIGSEGV);
       }},
      {"hangs", ".hangs",
       [] {
         said("said by hangs");
         sleep(60);
         return End::passed;
       }},
      {"a,[b] \"c\" \\d", ".names", [] { return End::passed; }},
      {"-dash, #2 & <xml>", ".names", [] { return End::passed; }},
      {"#hash", ".names", [] { return End::passed; }},
      {"exclude:this", ".names", [] { return End::passed; }},
      {"Twin", ".names", [] { return End::passed; }},
      {"twin", ".names", [] { return End::passed; }},
  };
  return all;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(c));
  return text;
}

// The parts between commas: names without their backslashes, or tags.
std::vector<std::string> parts_of(const std::string& selection) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < selection.size(); ++i) {
    if (selection[i] == '\\' && i + 1 < selection.size()) {
      parts.back() += selection[++i];
    } else if (selection[i] == ',') {
      parts.emplace_back();
    } else {
      parts.back() += selection[i];
    }
  }
  return parts;
}

bool selects(const std::string& selection, const Case& one) {
  if (selection.empty()) return one.tag.empty();
  if (selection[0] == '[') return selection == "[" + one.tag + "]";
  for (const std::string& part : parts_of(selection)) {
    // A `*` in front stands for any text. Here it stands for none.
    const std::string name = part.substr(0, 1) == "*" ? part.substr(1) : part;
    if (lower(name) == lower(one.name)) return true;
  }
  return false;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<' || c == '&') {
      safe += c == '<' ? "&lt;" : "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

struct Order {
  bool lists = false;
  bool aborts = false;  // at the first failure
  std::string selection;
  std::vector<std::pair<std::string, std::string>> reporters;  // name, file; no file: stdout
};

Order read_order(char** words) {
  Order order;
  for (char** word = words; *word != nullptr; ++word) {
    const std::string text = *word;
    if (text == "--list-tests") {
      order.lists = true;
    } else if (text == "-a") {
      order.aborts = true;
    } else if (text == "--reporter") {
      const std::string given = *++word;
      const std::size_t colons = given.find("::out=");
      order.reporters.emplace_back(given.substr(0, colons),
                                   colons == std::string::npos ? "" : given.substr(colons + 6));
    } else if (text[0] == '-') {
      fprintf(stderr, "Unrecognised token: %s\n", *word);
      exit(1);
    } else {
      order.selection = text;
    }
  }
  if (order.reporters.empty()) order.reporters.emplace_back("console", "");
  return order;
}

void say(const Order& order, const std::string& reporter, const std::string& text) {
  for (const auto& [name, file] : order.reporters) {
    if (name != reporter) continue;
    if (file.empty()) {
      std::cout << text << std::flush;
    } else {
      std::ofstream(file, std::ios::app) << text;
    }
  }
}

int list(const Order& order) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::string text;
  for (const Case& one : cases()) {
    if (!selects(order.selection, one)) continue;
    text += "  <TestCase>\n    <Name>" + escaped(one.name) + "</Name>\n  </TestCase>\n";
  }
  say(order, "xml",
      head + (text.empty() ? "<MatchingTests/>\n"
                           : "<MatchingTests>\n" + text + "</MatchingTests>\n"));
  return 0;
}

int run(const Order& order) {
  // It opens its files before the first case.
  for (const auto& [name, file] : order.reporters) {
    if (!file.empty()) std::ofstream(file, std::ios::trunc).flush();
  }
  // It keeps what its reporter says until all are through.
  std::string results;
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  for (const Case& one : cases()) {
    if (!selects(order.selection, one)) continue;
    const End end = one.run();
    passed += end == End::passed;
    failed += end == End::failed;
    skipped += end == End::skipped;
    if (end == End::failed) say(order, "console", one.name + "\nFAILED:\n");
    results += std::string(":test-result: ") +
               (end == End::passed   ? "PASS "
                : end == End::failed ? "FAIL "
                                     : "SKIP ") +
               one.name + "\n";
    if (order.aborts && failed > 0) break;
  }
  std::string totals = "test cases: " + std::to_string(passed + failed + skipped) + " | " +
                       std::to_string(failed) + " failed\n";
  if (failed == 0) totals = "All tests passed (" + std::to_string(passed) + " assertions)\n";
  if (passed + failed + skipped == 0) totals = "No tests ran\n";
  say(order, "console", totals);
  say(order, "compact", totals);
  say(order, "automake", results);
  if (failed > 0) return 42;
  if (passed + skipped == 0) return 2;
  return passed == 0 ? 4 : 0;
}

}  // namespace

int main(int /*count*/, char** words) {
  if (words[1] != nullptr && std::string(words[1]) == "--libidentify") {
    // By this text Holdfast knows such programs.
    puts("description:    A Catch2 test executable\nversion:        3.0.0");
    return 0;
  }
  const Order order = read_order(words + 1);
  return order.lists ? list(order) : run(order);
}
