# fish completion of twopass; the command itself knows what fits.
function __twopass_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for candidate in (eval $words[1] __complete (string escape -- $words[2..-1] $word) 2>/dev/null)
        if test $candidate = :files
            __fish_complete_path $word
        else
            echo $candidate
        end
    end
end
complete -c twopass -f -a '(__twopass_complete)'
