# bash completion of twopass; the command itself knows what fits.
_twopass() {
  # bash cuts words at '=' and ':' too, so they are taken from the line itself.
  local words word candidate done_part
  read -r -a words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  word=${words[-1]}
  COMPREPLY=()
  # bash puts a reply in place of what follows the last cut.
  done_part=
  [[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && done_part="${word%"${word##*=}"}"
  while IFS= read -r candidate; do
    if [[ $candidate == :files ]]; then
      compopt -o filenames
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
    else
      [[ $candidate == *[=.] ]] && compopt -o nospace
      COMPREPLY+=("${candidate#"$done_part"}")
    fi
  done < <("${words[0]/#\~\//$HOME/}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _twopass twopass
