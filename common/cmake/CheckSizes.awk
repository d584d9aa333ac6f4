# CheckSizes.awk - see CheckSizes.cmake; prints one line per fault, then what was counted.
# Reads what clang-format lays out: a function's braces stand in the first column, a member on its
# own line.

FNR == 1 {
    in_comment = 0
    function_begin = 0
    struct_name = ""
    enum_name = ""
}

{
    lines++
    text = $0
    gsub(/\\"/, "", text)
    gsub(/"[^"]*"/, "\"\"", text)
    said = in_comment ? text : "" # a comment, for members that say whose flags they are
    code_here = ""
    while (text != "") {
        if (in_comment) {
            at = index(text, "*/")
            if (!at) break
            text = substr(text, at + 2)
            in_comment = 0
        } else {
            at = index(text, "/*")
            if (!at) {
                code_here = code_here text
                break
            }
            code_here = code_here substr(text, 1, at - 1)
            text = substr(text, at + 2)
            in_comment = 1
        }
    }
    if (code_here ~ /[^ \t]/) code++
}

FNR == LONGEST_FILE + 1 && !is_long(FILENAME) { fault("a file of more than " LONGEST_FILE " lines") }

/^[a-z]/ { signature = $0 }
/^\{$/ {
    function_begin = FNR
    # what only assertions ask is part of them
    if (FILENAME ~ /\/core\/[^\/]*\.c$/ && signature !~ /is_sound\(/) functions[core_of(FILENAME)]++
}
function_begin && code_here ~ /^ +assert\(/ && FILENAME ~ /\/core\/[^\/]*\.c$/ { asserts[core_of(FILENAME)]++ }
/^\}$/ && function_begin {
    if (FNR - function_begin + 1 > LONGEST_FUNCTION)
        fault("a function of " (FNR - function_begin + 1) " lines")
    function_begin = 0
}

/^struct [a-z_0-9]+ \{$/ {
    struct_name = $2
    booleans = enums = 0
    place = FILENAME ":" FNR
    flags = ""
}
struct_name != "" && code_here ~ /^ +bool [^(]*;/ { booleans += split(code_here, parts, ",") }
struct_name != "" && code_here ~ /^ +unsigned [a-z_]+ *: *1;/ { booleans++ }
struct_name != "" && code_here ~ /^ +enum [a-z_0-9]+ [a-z_0-9]+(\[[^]]*\])?( *: *[0-9]+)?;/ { enums++ }
struct_name != "" && /of enum [a-z_0-9]+/ && code_here ~ /^ +(unsigned|uint[0-9]+_t) / {
    match($0, /of enum [a-z_0-9]+/)
    flags = flags " " substr($0, RSTART + 8, RLENGTH - 8)
}
/^\};/ && struct_name != "" {
    if (enums) judged[place] = struct_name " " booleans flags
    struct_name = ""
}

/^enum [a-z_0-9]+ \{$/ { enum_name = $2 }
enum_name != "" && code_here ~ /^ +[A-Z_0-9]+ *=/ { constants[enum_name]++ }
/^\};/ { enum_name = "" }

END {
    for (place in judged) {
        count = split(judged[place], parts, " ")
        bits = parts[2]
        for (i = 3; i <= count; i++) bits += constants[parts[i]]
        if (bits > MOST_BOOLEANS) {
            print place ": " bits " booleans beside an enum in struct " parts[1]
            faults++
        }
    }
    count = split(LEAST_ASSERTS, least, " ")
    for (i = 1; i < count; i += 2) {
        core = least[i]
        if (100 * asserts[core] < least[i + 1] * functions[core]) {
            print core ": " asserts[core] + 0 " assertions in " functions[core] \
                " functions: assert what must hold there, " least[i + 1] " in 100 at least"
            faults++
        }
    }
    if (code > MOST_CODE) {
        print "more than " MOST_CODE " lines of code"
        faults++
    }
    print code + 0 " lines of code, " lines + 0 " lines in all, " faults + 0 " faults"
    exit faults > 0
}

function core_of(file) { return substr(file, 1, index(file, "/core/") + 4) }

function is_long(file) { return index(" " LONG_FILES " ", " " file " ") }

function fault(text) {
    print FILENAME ":" FNR ": " text
    faults++
}
