# Fails in the first attempt, saying why.
if [ "$HOLDFAST_ATTEMPT" = 1 ]; then
  echo "$1"
  exit 1
fi
echo "well in attempt $HOLDFAST_ATTEMPT"
