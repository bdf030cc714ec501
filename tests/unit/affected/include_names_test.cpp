#include "affected/include_names.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

TEST(IncludeNames, AreThoseOfEachInclude) {
  EXPECT_EQ(included_names("#include <a/b.h>\n  # \tinclude \"c.h\" // x\n#include_next<d>\n"
                           "#embed \"e.bin\"\n#import <f.h>\n/* */ #include <h.h> // x\n"
                           "#if 0\n#include <g.h>\r\n#endif\n#define include 1\n"),
            (Names{"a/b.h", "c.h", "d", "e.bin", "f.h", "h.h", "g.h"}));
  EXPECT_EQ(included_names("#inc\\\nlude \"a.h\"\n# \\\r\n include <b.h>\r\n#/**/include <c.h>\n"
                           "/* x */ # /* y */ include /* z */ \"d.h\"\\"),
            (Names{"a.h", "b.h", "c.h", "d.h"}));
  EXPECT_EQ(included_names(""), Names{});
  EXPECT_EQ(included_names("#"), Names{});
  EXPECT_EQ(included_names("\xef\xbb\xbf#include <x>"), Names{"x"});
  EXPECT_EQ(included_names("important(); import_all(); // # include of x\n#define X(a) #a\n"
                           "import|x\n#includes <x>\n"),
            Names{});
}

TEST(IncludeNames, AreNotKnownWhereTheyAreNotWrittenOut) {
  for (const char* const text :
       {"#include NAME\n", "#include\n", "#include <a\n", "#include \"a", "#include /* a\n",
        "# /* \n */ include <a.h>\n", "/**/ #include NAME", "%:include <a.h>\n", "import std;\n",
        "/* x */ import std;\n", "export /* */ import a;\n", "export import a;\n",
        "import <vector>;\n", "import<vector>;\n", "import\"a.h\";\n", "import"}) {
    EXPECT_EQ(included_names(text), std::nullopt) << text;
  }
}

TEST(IncludeNames, SourcesAreKnownByTheirNames) {
  for (const char* const path : {"a.h", "/s/a.b/c.hpp", "a.C", "a.inl"}) {
    EXPECT_TRUE(is_named_like_source(path)) << path;
  }
  for (const char* const path : {"a", "a.txt", "/s/a.h/b", ".", "a.", ""}) {
    EXPECT_FALSE(is_named_like_source(path)) << path;
  }
}

}  // namespace
}  // namespace holdfast
