# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# results.csv -> the ratios of each engine's fastest runs to the native ones, and their geometric
# mean over the programs that an engine has finished, engines by that mean. `-v json=1`: the same as
# JSON; `-v chart=1`: one line an engine for chart.awk, NAME GEOMEAN COUNT WORST.
BEGIN { FS = "," }
FNR == 1 { next }
{
    if (!(($1, $2) in best) || $4 < best[$1, $2]) best[$1, $2] = $4
    if (!($1 in seen)) { seen[$1] = 1; engine[++engines] = $1 }
    if (!($2 in known)) { known[$2] = 1; program[++programs] = $2 }
}
function ratio(e, p) { return best[e, p] / best["native", p] }
END {
    for (i = 1; i <= engines; i++) {
        e = engine[i]
        sum = count[e] = worst[e] = 0
        for (j = 1; j <= programs; j++)
            if ((e, program[j]) in best) {
                r = ratio(e, program[j])
                sum += log(r)
                count[e]++
                if (r > worst[e]) worst[e] = r
            }
        mean[e] = exp(sum / count[e])
    }
    for (i = 2; i <= engines; i++)
        for (k = i; k > 1 && mean[engine[k]] < mean[engine[k - 1]]; k--) {
            e = engine[k]; engine[k] = engine[k - 1]; engine[k - 1] = e
        }
    if (chart) {
        for (i = 1; i <= engines; i++)
            print engine[i], mean[engine[i]], count[engine[i]], worst[engine[i]]
        exit
    }
    if (json) print "{"
    else {
        line = sprintf("%-10s", "engine")
        for (j = 1; j <= programs; j++) line = line sprintf(" %8s", program[j])
        print line sprintf(" %8s", "geomean")
    }
    for (i = 1; i <= engines; i++) {
        e = engine[i]
        line = sprintf(json ? "  \"%s\": {" : "%-10s", e)
        for (j = 1; j <= programs; j++) {
            p = program[j]
            if (json && (e, p) in best)
                line = line sprintf("\"%s\": {\"seconds\": %.6f, \"ratio\": %.3f}, ", p, best[e, p], ratio(e, p))
            else if (!json && (e, p) in best) line = line sprintf(" %8.2f", ratio(e, p))
            else if (!json) line = line sprintf(" %8s", "-")
        }
        if (json) print line sprintf("\"geomean\": %.3f, \"programs\": %d}%s", mean[e], count[e], i < engines ? "," : "")
        else print line sprintf(" %8.2f", mean[e]) (count[e] < programs ? " of " count[e] : "")
    }
    if (json) print "}"
}
