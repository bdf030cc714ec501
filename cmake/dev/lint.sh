# Sourced by ./dev lint. Reports everything it finds, then fails once.
found=0
complain() { echo "lint: $*" >&2; found=1; }

say "format"
while IFS= read -r file; do
  clang-format --dry-run -Werror "$file" 2>/dev/null || complain "mend with: clang-format -i $file"
done < <(find launcher tests ctest-integration -name '*.[ch]pp' -o -name '*.h')

# Arrows go one way (docs/internals/architecture.md).
say "folders"
while IFS= read -r line; do complain "$line"; done < <(python3 cmake/dev/arrows.py)
while read -r number folder; do
  [ "$number" -le 70 ] || complain "$folder has $number files, and a folder has 70 at most"
done < <(find launcher tests ctest-integration -type f -printf '%h\n' | sort | uniq -c)
# In the /proc of another PID namespace the same number is another process.
if grep -rnE '"/proc/?("|\{|locks|thread-self)' --include='*.[ch]pp' launcher |
  grep -vE '^launcher/os/(process/process|containment/namespaces)\.cpp:'; then
  complain "what names processes in /proc goes through os/process/process.hpp"
fi

while IFS= read -r words; do
  if grep -rnF -- "$words" launcher ctest-integration cmake examples docs README.md |
    grep -v '/glossary\.md:'; then
    complain "docs/internals/glossary.md has other words for: $words"
  fi
done < <(sed -n '/^## Words to avoid/,$s/^| `\([^`]*\)` |.*/\1/p' docs/internals/glossary.md)

# Each header must compile alone, with nothing before it.
say "headers"
check_header() {
  local said
  said=$(g++ -std=c++20 -fsyntax-only -D_GNU_SOURCE -DHOLDFAST_VERSION='"lint"' -DHOLDFAST_SCRATCH='"lint"' -Ilauncher \
    -Ictest-integration/include -Itests/unit -include "$1" -x c++ /dev/null 2>&1) || echo "$1: $(grep -m1 'error:' <<<"$said")"
}
export -f check_header
while IFS= read -r line; do
  complain "a header includes what it uses: $line"
done < <(find launcher tests ctest-integration -name '*.hpp' -o -name '*.h' |
  xargs -P "$(nproc)" -I{} bash -c 'check_header {}')

say "clang-tidy"
quietly cmake --preset lint
tidy_log=build/lint/clang-tidy.log
if ! run-clang-tidy -quiet -j"$(nproc)" -p build/lint "^$PWD/(launcher|tests)/" \
  >"$tidy_log" 2>&1; then
  # run-clang-tidy prints colours and counts even if it is told not to.
  sed 's/\x1b\[[0-9;]*m//g' "$tidy_log" | grep -vE '^(clang-tidy-|[0-9]+ warnings? )' >&2
  complain "clang-tidy found something"
fi

[ "$found" -eq 0 ] || exit 1
echo "lint: nothing found"
