// Prints the verdicts of the mirror, for the driver that compares them with ctest's. Reads lines
// `<properties>\t<code|signal>\t<number>\t<file with the output>` and prints one verdict for each.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "ctest/ctest_verdict.hpp"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream fields(line);
    std::string properties;
    std::string kind;
    std::string number;
    std::string file;
    std::getline(fields, properties, '\t');
    std::getline(fields, kind, '\t');
    std::getline(fields, number, '\t');
    std::getline(fields, file, '\t');
    std::ostringstream output;
    output << std::ifstream(file, std::ios::binary).rdbuf();
    const auto parsed = holdfast::parse_verdict_properties(properties);
    if (!parsed) {
      std::cout << parsed.error().message << '\n';
      continue;
    }
    using Kind = holdfast::Exit::Kind;
    const holdfast::Exit end{kind == "code" ? Kind::code : Kind::signal, std::stoi(number)};
    std::cout << name_of(holdfast::CTestVerdict(*parsed).of(end, output.str())) << '\n';
  }
}
