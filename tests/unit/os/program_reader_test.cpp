// What is known of a program by its libraries.
#include "os/stack/program_reader.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

// A copy of this program that imports nothing, and needs another library in place of the one of
// C++.
class ProgramLibraries : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in("/proc/self/exe", std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(in), {});
    Elf64_Ehdr header{};
    std::memcpy(&header, whole_.data(), sizeof header);
    std::vector<Elf64_Shdr> sections(header.e_shnum);
    const std::size_t size = sections.size() * sizeof(Elf64_Shdr);
    std::memcpy(sections.data(), whole_.data() + header.e_shoff, size);
    const auto symbols = std::ranges::find(sections, SHT_DYNSYM, &Elf64_Shdr::sh_type);
    if (symbols == sections.end()) GTEST_SKIP() << "linked statically";
    const Elf64_Shdr& texts = sections[symbols->sh_link];
    const std::string_view table(whole_.data() + texts.sh_offset, texts.sh_size);
    const std::size_t found = table.find(k_replaced);
    if (found == std::string_view::npos) GTEST_SKIP() << "needs no " << k_replaced;
    at_ = texts.sh_offset + found;
    symbols->sh_offset = whole_.size();
    std::memcpy(whole_.data() + header.e_shoff, sections.data(), size);
  }

  TestProgram needing(const std::string& library) {
    std::string name = library;
    name.resize(k_replaced.size(), '\0');
    whole_.replace(at_, name.size(), name);
    std::ofstream(scratch_.path("program"), std::ios::binary | std::ios::trunc) << whole_;
    return ProgramReader().read(scratch_.path("program"));
  }

 private:
  static constexpr std::string_view k_replaced = "libstdc++.so.6";
  Scratch scratch_;
  std::string whole_;
  std::size_t at_ = 0;
};

TEST_F(ProgramLibraries, OneThatIsNowhereMayTakeRightsAway) {
  const TestProgram program = needing("libnosuch.so.9");
  EXPECT_TRUE(program.is_googletest);
  EXPECT_EQ(program.may_lose_rights, "needs libnosuch.so.9, which was not found");
}

TEST_F(ProgramLibraries, ThoseOfTheSystemTakeNoneAway) {
  EXPECT_EQ(needing("libstdc++.so.6").may_lose_rights, "");
  for (const char* const library : {"libz.so.1", "libacl.so.1", "libbz2.so.1.0"}) {
    if (::dlopen(library, RTLD_LAZY) == nullptr) continue;
    EXPECT_EQ(needing(library).may_lose_rights, "") << library;
  }
}

}  // namespace
}  // namespace holdfast::os
