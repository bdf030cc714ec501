// A launcher in the place of an anchor, which ends what a case has left.
#include "attempt/anchor.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <string>
#include <vector>

#include "base/exit_codes.hpp"
#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "values/case_result.hpp"

namespace holdfast::supervision {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What a launcher comes to with these words after the option.
int code_of(const std::vector<std::string>& numbers) {
  std::vector<std::string> words{"holdfast-launcher", "--anchor"};
  words.insert(words.end(), numbers.begin(), numbers.end());
  return end_as_anchor(pointers_to(words).data()).value;
}

TEST(Anchor, IsKnownByItsFirstWord) {
  const struct {
    std::vector<std::string> words;
    bool is;
  } rows[] = {{{"holdfast-launcher"}, false},
              {{"holdfast-launcher", "--test=t", "--anchor"}, false},
              {{"holdfast-launcher", "--anchor"}, true}};
  for (const auto& row : rows) {
    std::vector<std::string> words = row.words;
    EXPECT_EQ(is_anchor(pointers_to(words).data()), row.is) << words.back();
  }
}

// A person has typed it, or a program of another version has.
TEST(Anchor, WithoutItsNumbersEndsNothing) {
  const std::vector<std::string> rows[] = {{},
                                           {"9", "0", "0", "15", "0", "0", "0"},
                                           {"9", "0", "-1", "15", "0", "0", "0", "0"},
                                           {"9", "soon", "0", "15", "0", "0", "0", "0"}};
  for (const std::vector<std::string>& row : rows) {
    os::Child child([&row] { return code_of(row); });
    EXPECT_EQ(child.wait(), exit_codes::k_own_failure);
  }
}

class EndOfACase : public testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    exec_ = std::move(ends->first);
    anchors_ = std::move(ends->second);
  }
  // The numbers of an anchor that has reaped the case's own process.
  std::vector<std::string> numbers() const {
    return {std::to_string(anchors_.get()), "60000", "0", "15", "0", "0", "0", "0"};
  }
  // What the anchor says next, its fields with blanks between; empty: nothing.
  std::string said() const {
    if (!os::is_readable(exec_.get())) return {};
    const Result<std::string> packet = os::receive_packet(exec_.get());
    std::string text;
    if (!packet) return text;
    const auto fields = worker_fields(*packet);
    if (!fields) return "no message";
    for (const std::string_view field : *fields) {
      text += (text.empty() ? "" : " ") + std::string(field);
    }
    return text;
  }

  os::UniqueFd exec_;
  os::UniqueFd anchors_;
};

// It may be reaped a moment after the case.
TEST_F(EndOfACase, AProcessThatHasEndedByItselfIsNotLeft) {
  os::Child anchor([this] {
    const pid_t left = ::fork();
    if (left == 0) ::_exit(0);
    siginfo_t ended{};
    (void)::waitid(P_PID, static_cast<id_t>(left), &ended, WEXITED | WNOWAIT);
    return code_of(numbers());
  });
  EXPECT_EQ(anchor.wait(), exit_codes::k_success);
  EXPECT_EQ(said(), "gone 0");
  EXPECT_EQ(said(), "");
}

TEST_F(EndOfACase, AProcessThatLivesOnIsNamedAndEnded) {
  os::Child anchor([this] {
    if (::fork() == 0) {
      while (true) ::pause();
    }
    return code_of(numbers());
  });
  EXPECT_EQ(anchor.wait(), exit_codes::k_success);
  const std::string left = said();
  EXPECT_TRUE(left.starts_with("left 1 ")) << left;
  EXPECT_EQ(said(), "gone 0");
}

}  // namespace
}  // namespace holdfast::supervision
