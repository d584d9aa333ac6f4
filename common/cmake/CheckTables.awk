# CheckTables.awk - see CheckTables.cmake; reads the headers first.

FNR == 1 {
    in_enum = in_table = 0
    top = FILENAME
    sub(/\/.*/, "", top)
}

# enum x { A = 0, B, ... X_COUNT }; on one line or on several
/^enum [a-z_0-9]* *\{/ {
    in_enum = 1
    body = ""
}
in_enum {
    line = $0
    gsub(/\/\*[^*]*\*\//, "", line)
    body = body line
    if (line ~ /\};/) {
        in_enum = 0
        note_enum(body)
    }
}

# ... T[...] = { [A] = ..., on one line or on several
!in_table && /\] = \{/ && $0 !~ /\{(0|false|NULL|"")\}/ {
    in_table = 1
    place = FILENAME ":" FNR
    rows = $0
    sub(/^.*\] = \{/, "", rows)
    if (rows ~ /\};/) judge()
    next
}
in_table {
    rows = rows "\n" $0
    if ($0 ~ /\};$/) judge()
}

END {
    print tables + 0 " tables, " faults + 0 " faults"
    exit faults > 0
}

function note_enum(body,    count, parts, i, name, names) {
    sub(/^[^{]*\{/, "", body)
    sub(/\}.*/, "", body)
    count = split(body, parts, ",")
    for (i = 1; i <= count; i++) {
        name = parts[i]
        sub(/=.*/, "", name)
        gsub(/[^A-Z_0-9]/, "", name)
        if (name != "" && name !~ /_COUNT$/) names = names " " name
    }
    if (name !~ /_COUNT$/) return # no table is by it
    count = split(names, parts, " ")
    for (i = 1; i <= count; i++) members[top, parts[i]] = names
}

function judge(    first, all, count, names, i, missing) {
    in_table = 0
    if (!match(rows, /^[ \n]*\[[A-Z][A-Z_0-9]*\] *=/)) return
    first = substr(rows, RSTART, RLENGTH)
    gsub(/[^A-Z_0-9]/, "", first)
    all = ((top, first) in members) ? members[top, first] : members["common", first]
    if (all == "") return # made from a list: the compiler sees to it
    tables++
    count = split(all, names, " ")
    for (i = 1; i <= count; i++)
        if (index(rows, "[" names[i] "]") == 0) missing = missing " " names[i]
    if (missing != "" && !index(" " SPARSE " ", " " FILENAME " ")) {
        print place ": no row for" missing
        faults++
    }
}
