# Sourced by ./dev demo: a project nobody here wrote, then two build trees and one lock, then a server
# that tests break.
stage=$PWD/build/release/stage
attach=(-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$stage/lib/cmake/Holdfast/Holdfast.cmake")
work=$PWD/build/demo
sources=/usr/src/googletest
began=$SECONDS

# The shell makes background ctest runs ignore Ctrl-C, so they are ended here.
two_trees=()
end_two_trees() { [ ${#two_trees[@]} -eq 0 ] || kill "${two_trees[@]}" 2>/dev/null || true; }
trap end_two_trees EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "1. configuring GoogleTest's own suite ($sources), attached by one -D and no edit"
# No build type: the tests are compiled once and run once, and to optimise them takes longer. -w:
# their warnings are not ours to show. Without GoogleMock's tests: they take as long again to build.
quietly cmake -S "$sources" -B "$work/googletest" -G Ninja -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_FLAGS=-w \
  -Dgtest_build_tests=ON "${attach[@]}"
say "2. building it (some minutes the first time)"
cmake --build "$work/googletest"

say "3. running it: ctest -j$(nproc)"
suite=0
(cd "$work/googletest" && ctest -j"$(nproc)") || suite=$?

say "4. the same run from Holdfast's journal: holdfast report"
"$stage/bin/holdfast" report --tree "$work/googletest"

say "5. two build trees of one project, ctest -j4 in both at once, all tests with the same RESOURCE_LOCK"
rm -rf "$work/two-trees"
for tree in a b; do
  quietly cmake -S examples/two-trees -B "$work/two-trees/$tree" -G Ninja "${attach[@]}"
done
for tree in a b; do
  ctest --test-dir "$work/two-trees/$tree" -j4 --output-on-failure >"$work/two-trees/$tree.log" 2>&1 &
  two_trees+=($!)
done
trees=0
for pid in "${two_trees[@]}"; do wait "$pid" || trees=$?; done
two_trees=()
for tree in a b; do sed "s/^/[tree $tree] /" "$work/two-trees/$tree.log"; done

say "6. eight tests share a redis-server, and three of them kill it, stop it and fill it: ctest -j4"
rm -rf "$work/service"
quietly cmake -S examples/service -B "$work/service" -G Ninja -DCMAKE_PREFIX_PATH="$stage"
service=0
ctest --test-dir "$work/service" -j4 2>&1 | tee "$work/service.log" || service=$?

say "done in $((SECONDS - began)) s"
[ "$suite" -eq 0 ] || fail "GoogleTest's suite ended with $suite"
[ "$trees" -eq 0 ] || fail "a test of the two trees failed (see above)"
[ "$service" -eq 0 ] || fail "a test of the service failed (see above)"
grep -q '^holdfast: service redis died during kills_it (alone); ' "$work/service.log" ||
  fail "nobody said which test killed the service"
grep -q ' is held by ' "$work"/two-trees/*.log ||
  fail "no tree said whose lock it waits for"
cat <<TEXT

You have seen
  GoogleTest's own suite, attached by one -D and no edit: the verdicts are those of plain ctest (3)
  the same run once more, from its record: holdfast report (4)
  two ctests that share a lock: never two tests at a time, and each wait names its holder (5)
  tests that kill, stop and fill a server: it is started anew, and the line says who broke it (6)
  what comes next: docs/guide/tutorial.md mends a project of eight bad tests in fifteen minutes
TEXT
