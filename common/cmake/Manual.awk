# Manual.awk - of what a service's --help prints, which is made of its tables: the manual page
# (-v form=man) or bash's completion (-v form=completion).

function quoted(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

# A subcommand's words: its options, and what it takes by name.
function note_words(line, words, count, i) {
    gsub(/[][()|]/, " ", line)
    count = split(line, words, " ")
    for (i = 3; i <= count; i++) {
        if (words[i] ~ /^-|^[a-z][a-z-]*$/ && index(" " known[words[2]] " ", " " words[i] " ") == 0) {
            known[words[2]] = known[words[2]] " " words[i]
        }
    }
    if (!(words[2] in is_known)) {
        is_known[words[2]] = 1
        names = names " " words[2]
    }
}

BEGIN {
    section["Commands:"] = "COMMANDS"
    section["Requests"] = "REQUESTS"
    section["Settings"] = "ENVIRONMENT"
}
NR == 1 {
    service = $1
    version = $2
    purpose = $0
    sub(/^[^-]*-[^-]* - /, "", purpose)
    if (form == "man") {
        printf ".TH %s 1 \"\" \"orderspine %s\" \"orderspine\"\n", toupper(service), version
        printf ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\ncommand [arguments]\n", \
            quoted(service), quoted(purpose), quoted(service)
    }
    next
}
form == "man" && /^[A-Z].*:$/ {
    if (!($1 in section)) {
        print "Manual.awk knows no section " $0 > "/dev/stderr"
        exit failed = 1
    }
    print ".SH " section[$1]
    next
}
form == "man" && /^Exit codes: / {
    sub(/^Exit codes: /, "")
    print ".SH EXIT STATUS\n" quoted($0)
    next
}
/^      / {
    if (form == "man") {
        sub(/^ +/, "")
        print quoted($0) "\n.br"
    }
    next
}
/^  / {
    sub(/^ +/, "")
    if (form == "man") {
        print ".TP\n.B " quoted($0)
    } else if ($1 == service) {
        note_words($0)
    }
}
END {
    if (failed) {
        exit failed
    }
    if (form == "man") {
        printf ".SH SEE ALSO\n"
        count = split("command-svc relay-svc projector-svc", others, " ")
        for (i = 1; i <= count; i++) {
            if (others[i] != service) {
                printf ".BR %s (1)\n", quoted(others[i])
            }
        }
        exit
    }
    name = service
    gsub(/-/, "_", name)
    printf "# bash completion for %s\n_%s() {\n    local words=\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n", service, name
    printf "        words='%s --help'\n    else\n        case ${COMP_WORDS[1]} in\n", substr(names, 2)
    count = split(names, ordered, " ")
    for (i = 1; i <= count; i++) {
        if (known[ordered[i]] != "") {
            printf "        %s) words='%s' ;;\n", ordered[i], substr(known[ordered[i]], 2)
        }
    }
    printf "        esac\n    fi\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n"
    printf "complete -F _%s %s\n", name, service
}
