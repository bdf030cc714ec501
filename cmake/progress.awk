# Reads what Ninja or Make prints, writes it to the file `output`, and prints a line for each tenth
# that is done: `[12/345] …` of Ninja, `[ 12%] …` of Make.
{ print > output }
/^\[ *[0-9]+%\]/ { split($0, part, /[^0-9]+/); tell(part[2] / 10) }
/^\[[0-9]+\/[0-9]+\]/ { split($0, part, /[^0-9]+/); tell(10 * part[2] / part[3]) }

function tell(tenth) {
  tenth = int(tenth)
  if (tenth <= told) return
  told = tenth
  printf "-- Holdfast: %d %% built\n", 10 * tenth
  fflush()
}
