# A test without a fault.
test $((2 + 2)) = 4 && echo "2 + 2 = 4"
