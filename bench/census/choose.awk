# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# awk -v ROWS=n -v LIGHT=m -f choose.awk FILE...: rows for interpreter/fused.def, by what
# bench/census/census.c counted of a program in each FILE. All programs weigh the same, but for the
# first m, which weigh a quarter.
#
# A handler does the longest row that fits at its place (interpreter/run_fused.c), so how often a
# program goes from one handler to the next is known exactly for any set of rows. Rows are added a few
# at a time: those that take away the largest share of what is left, for their size.
BEGIN { LONGEST = 7 } # VM_MAX_FUSED
FNR == 1 { programs++ }
{
    program[++n] = programs
    count[n] = $1
    len[n] = NF - 1
    total[programs] += $1 * (NF - 1)
    for (i = 2; i <= NF; i++) op[n, i - 2] = $i
}

function is_last(name) {
    return name ~ /^JUMP/ || name ~ /^RETURN/ || name ~ /^CALL/
}

# The longest row at place i of stretch s: how many instructions.
function fits(s, i,    k, key, best) {
    key = op[s, i]
    best = 1
    for (k = 1; k < LONGEST && i + k < len[s]; k++) {
        key = key ", " op[s, i + k]
        if (key in chosen) best = k + 1
    }
    return best
}

# Where the handlers of each stretch begin, and how many handlers each program goes through.
function follow(    s, i, p) {
    for (p = 1; p <= programs; p++) left[p] = 0
    for (s = 1; s <= n; s++)
        for (i = 0; i < len[s]; i += size[s, i]) {
            size[s, i] = fits(s, i)
            left[program[s]] += count[s]
        }
}

# What each row that is not chosen would save.
function weigh(    s, i, k, key, saved, ends, weight) {
    split("", gain)
    for (s = 1; s <= n; s++) {
        weight = count[s] / left[program[s]] * (program[s] <= LIGHT ? 0.25 : 1)
        for (i = 0; i < len[s]; i += size[s, i]) {
            key = op[s, i]
            ends = i + size[s, i] # of the last handler that the row would take away
            saved = 0
            for (k = 1; k < LONGEST && i + k < len[s] && op[s, i + k] !~ /^-/; k++) {
                key = key ", " op[s, i + k]
                if (i + k >= ends) {
                    saved++
                    ends += size[s, ends]
                }
                # where it ends in the middle of one, the rest of that is still to be done
                if (k + 1 > size[s, i] && saved - (i + k + 1 < ends) > 0)
                    gain[key] += weight * (saved - (i + k + 1 < ends))
            }
        }
    }
}

# Adds the best, of those that share no pair with one that is added at the same time.
function add(most,    key, best, value, m, k, parts, free, added) {
    split("", used)
    for (key in gain) {
        m = split(key, parts, ", ")
        gain[key] /= 3 + m
        if (gain[key] < 0.00001) delete gain[key]
    }
    for (added = 0; added < most; added++) {
        best = ""
        value = 0
        for (key in gain)
            if (gain[key] > value || (gain[key] == value && key < best)) {
                best = key
                value = gain[key]
            }
        if (best == "") break
        delete gain[best]
        m = split(best, parts, ", ")
        free = 1
        for (k = 1; k < m; k++) if ((parts[k] " " parts[k + 1]) in used) free = 0
        if (!free) {
            added--
            continue
        }
        for (k = 1; k < m; k++) used[parts[k] " " parts[k + 1]] = 1
        chosen[best] = m
        rows++
    }
    return added
}

END {
    if (!ROWS) ROWS = 800
    for (s = kept = 0; ++s <= n;) { # what is rare decides nothing
        if (count[s] * len[s] < total[program[s]] / 20000) continue
        kept++
        program[kept] = program[s]
        count[kept] = count[s]
        len[kept] = len[s]
        for (i = 0; i < len[s]; i++) op[kept, i] = op[s, i]
    }
    n = kept
    follow()
    for (p = 1; p <= programs; p++) all[p] = left[p]
    while (rows < ROWS) {
        weigh()
        if (!add(ROWS - rows < 16 ? ROWS - rows : 16)) break
        follow()
    }
    # rows whose places longer ones have taken
    for (s = 1; s <= n; s++)
        for (i = 0; i < len[s]; i += size[s, i]) {
            key = op[s, i]
            for (k = 1; k < size[s, i]; k++) key = key ", " op[s, i + k]
            worth[key] += count[s] / all[program[s]]
        }
    for (key in chosen) {
        if (worth[key] < 0.0002) continue
        m = split(key, parts, ", ")
        last = parts[m]
        kind = !is_last(last) ? "STEP" : last ~ /^JUMP/ && last !~ /^JUMP_TABLE/ ? "JUMP" : "END"
        text = text "FUSE" m "(" kind ", " key ")\n"
        for (k = 1; k <= m; k++) is_part[parts[k]] = 1
    }
    for (key in is_part) print "PART(" key ")" | "LC_ALL=C sort"
    close("LC_ALL=C sort")
    printf "%s", text | "LC_ALL=C sort"
    close("LC_ALL=C sort")
    for (p = 1; p <= programs; p++)
        printf "%s: %.2f instructions a handler\n", ARGV[ARGC - programs - 1 + p], all[p] / left[p] >"/dev/stderr"
}
