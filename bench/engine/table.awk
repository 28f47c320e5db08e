# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# results.csv -> the ratios of each engine's fastest runs to the native ones, and their geometric means:
# over all programs that an engine has finished, by which engines are sorted, and, where all of those
# were run, over the eight for which there is an aim ("of 8") and those that `-v apart` names.
#
#   -v json=1      the same as JSON
#   -v chart=1     one line an engine for chart.awk: NAME GEOMEAN RATIO...
#   -v markdown=1  for docs/PERFORMANCE.md: an engine a column, a program a row
#   -v engine=E    only that engine: "GEOMEAN OF-8 APART WORST-AGAINST-wasm3", numbers or "-"
BEGIN {
    FS = ","
    split("fib fannkuch floyd gemm memops nbody sha256 coremark", eight, " ")
    aparts = split(apart, others, " ")
}
FNR == 1 { next }
{
    if (!(($1, $2) in best) || $4 < best[$1, $2]) best[$1, $2] = $4
    if (!($1 in seen)) { seen[$1] = 1; engines[++engine_count] = $1 }
    if (!($2 in known)) { known[$2] = 1; program[++programs] = $2 }
}
function ratio(e, p) { return best[e, p] / best["native", p] }

# Over the programs of `list`; count: how many of them the engine has finished.
function mean_of(e, list, n,    j, sum) {
    count = sum = 0
    for (j = 1; j <= n; j++)
        if ((e, list[j]) in best) {
            sum += log(ratio(e, list[j]))
            count++
        }
    return count ? exp(sum / count) : 0
}
function number(x) { return x ? sprintf("%.2f", x) : "-" }

function as_table(    i, j, e, line) {
    line = sprintf("%-10s", "engine")
    for (j = 1; j <= programs; j++) line = line sprintf(" %8s", program[j])
    print line sprintf(" %8s %8s %8s", "geomean", "of 8", "apart")
    for (i = 1; i <= engine_count; i++) {
        e = engines[i]
        line = sprintf("%-10s", e)
        for (j = 1; j <= programs; j++)
            line = line sprintf(" %8s", (e, program[j]) in best ? sprintf("%.2f", ratio(e, program[j])) : "-")
        print line sprintf(" %8.2f %8s %8s", mean[e], number(mean8[e]), number(mean_apart[e])) (finished[e] < programs ? " of " finished[e] : "")
    }
}

function as_markdown(    i, j, line) {
    line = "| program |"
    for (i = 1; i <= engine_count; i++) line = line " " bold(engines[i], engines[i]) " |"
    print line
    gsub(/[^|]+/, "---", line)
    print line
    for (j = 1; j <= programs; j++) {
        line = "| " program[j] " |"
        for (i = 1; i <= engine_count; i++)
            line = line " " bold(engines[i], (engines[i], program[j]) in best ? sprintf("%.2f", ratio(engines[i], program[j])) : "-") " |"
        print line
    }
    print means("all", mean)
    if (mean8["native"]) print means("the eight", mean8)
    if (mean_apart["native"]) print means("apart", mean_apart)
}
function means(what, of,    i, line) {
    line = "| **geomean, " what "** |"
    for (i = 1; i <= engine_count; i++) line = line " " bold(engines[i], number(of[engines[i]])) " |"
    return line
}
function bold(e, text) { return e == "witc" ? "**" text "**" : text }

function as_json(    i, j, e, p, line) {
    print "{"
    for (i = 1; i <= engine_count; i++) {
        e = engines[i]
        line = sprintf("  \"%s\": {", e)
        for (j = 1; j <= programs; j++) {
            p = program[j]
            if ((e, p) in best)
                line = line sprintf("\"%s\": {\"seconds\": %.6f, \"ratio\": %.3f}, ", p, best[e, p], ratio(e, p))
        }
        if (mean8[e]) line = line sprintf("\"geomean_of_8\": %.3f, ", mean8[e])
        if (mean_apart[e]) line = line sprintf("\"geomean_apart\": %.3f, ", mean_apart[e])
        print line sprintf("\"geomean\": %.3f, \"programs\": %d}%s", mean[e], finished[e], i < engine_count ? "," : "")
    }
    print "}"
}

function as_chart(    i, j, line) {
    for (i = 1; i <= engine_count; i++) {
        line = engines[i] sprintf(" %.4f", mean[engines[i]])
        for (j = 1; j <= programs; j++)
            if ((engines[i], program[j]) in best) line = line sprintf(" %.4f", ratio(engines[i], program[j]))
        print line
    }
}

function as_figures(    j, worst) {
    for (j = 1; j <= programs; j++)
        if ((engine, program[j]) in best && ("wasm3", program[j]) in best &&
            best[engine, program[j]] / best["wasm3", program[j]] > worst)
            worst = best[engine, program[j]] / best["wasm3", program[j]]
    print number(mean[engine]), number(mean8[engine]), number(mean_apart[engine]), worst ? sprintf("%.3f", worst) : "-"
}

END {
    for (i = 1; i <= engine_count; i++) {
        e = engines[i]
        mean[e] = mean_of(e, program, programs)
        finished[e] = count
        mean8[e] = mean_of(e, eight, 8)
        if (count < 8) mean8[e] = 0
        mean_apart[e] = mean_of(e, others, aparts)
        if (count < aparts) mean_apart[e] = 0
    }
    for (i = 2; i <= engine_count; i++)
        for (k = i; k > 1 && mean[engines[k]] < mean[engines[k - 1]]; k--) {
            e = engines[k]; engines[k] = engines[k - 1]; engines[k - 1] = e
        }
    if (chart) as_chart()
    else if (json) as_json()
    else if (markdown) as_markdown()
    else if (engine) as_figures()
    else as_table()
}
