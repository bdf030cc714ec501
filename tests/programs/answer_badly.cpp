// answer_badly: stands in for `holdfast`, whose answers holdfast-exec asks for. $ANSWER is a
// question and what it gets in place of an answer:
//
//   QUESTION exit N        exits with N
//   QUESTION die N         dies of signal N
//   QUESTION print N       prints N bytes and exits with 0
//   QUESTION refuse TEXT   prints TEXT and exits with 125
//
// For everything else it becomes the program real-holdfast beside it.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

int main(int count, char** words) {
  const char* const variable = std::getenv("ANSWER");
  std::istringstream answer(variable != nullptr ? variable : "");
  std::string question;
  std::string how;
  std::string what;
  answer >> question >> how >> std::ws;
  std::getline(answer, what);
  if (count < 3 || words[1] != std::string("answer") || words[2] != question) {
    const std::string own = words[0];
    const std::string real = own.substr(0, own.rfind('/') + 1) + "real-holdfast";
    ::execv(real.c_str(), words);
    return 1;
  }
  if (how == "exit") return std::atoi(what.c_str());
  if (how == "die") return ::raise(std::atoi(what.c_str()));
  if (how == "print") std::cout << std::string(std::strtoul(what.c_str(), nullptr, 10), 'x');
  if (how != "refuse") return 0;
  std::cout << what;
  return 125;
}
