# fish completion of holdfast. The program itself says which words may follow, each with what it
# means. Without words, there are files.
function __holdfast_words
  set -l words (commandline -opc)
  set -l lines ($words[1] complete $words[2..-1] 2>/dev/null)
  if string match -q -- '-*' (commandline -ct)
    printf '%s\n' $lines
  else
    string match -v -- '-*' $lines
  end
end
complete -c holdfast -n 'test (count (__holdfast_words)) -gt 0' -f -a '(__holdfast_words)'
