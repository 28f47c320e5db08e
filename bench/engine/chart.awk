# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Lines `NAME GEOMEAN RATIO...` -> a picture (SVG): an engine a row, in that order; on a logarithmic
# axis a small mark a program, a line from its best to its worst, a dot at the geometric mean, and
# that as a number. `-v about=TEXT` stands below.
BEGIN {
    split("native wasm2c~+~gcc,wasm2c node's~V8,turbofan wasmtime,cranelift V8~Liftoff,liftoff wazero,wazero " \
          "wasmtime~Pulley,pulley wasmi~2,wasmi wasmi~1,wasmi1 WAMR,wamr", names, " ")
    for (i in names) if (split(names[i], two, ",") == 2) { gsub("~", " ", two[1]); shown[two[2]] = two[1] }
    kind["native"] = kind["wasm2c"] = "ahead"
    kind["turbofan"] = kind["cranelift"] = kind["liftoff"] = kind["wazero"] = "jit"
    left = 132; width = 470; right = 78; step = 27; top = 84
    low = 0.5; high = 50
}
function x_of(ratio) { return left + width * (log(ratio) - log(low)) / (log(high) - log(low)) }
function class_of(name) { return name ~ /^witc/ ? "own" : name in kind ? kind[name] : "inter" }
function legend(x, class, text) {
    printf "<circle class=\"%s\" cx=\"%d\" cy=\"48\" r=\"5\"/><text x=\"%d\" y=\"52\" font-size=\"12\">%s</text>\n", class, x, x + 10, text
}
{
    name[NR] = $1; mean[NR] = $2
    for (i = 3; i <= NF; i++) {
        ratio[NR, ++count[NR]] = $i
        if ($i > high) high = $i * 1.1
        if ($i < low) low = $i / 1.1
        if (NR == 1) programs++
    }
}
END {
    bottom = top + NR * step
    total = left + width + right
    height = bottom + 48
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" role=\"img\">\n", total, height, total, height
    print "<title>CPU time of each engine as a multiple of native code</title>"
    print "<style>"
    print "text { fill: #24292f } .quiet { fill: #57606a; font-size: 11.5px } .bold { font-weight: bold }"
    print ".grid { stroke: #d8dee4 } .one { stroke: #8c959f; stroke-dasharray: 3 3 }"
    print ".ahead { fill: #8c959f; stroke: #8c959f } .jit { fill: #bf8700; stroke: #bf8700 }"
    print ".inter { fill: #57899e; stroke: #57899e } .own { fill: #cf222e; stroke: #cf222e }"
    print "</style>"
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", total, height
    print "<text x=\"12\" y=\"24\" font-size=\"15\" class=\"bold\">CPU time as a multiple of native code (gcc -O2)</text>"
    legend(18, "own", "witc"); legend(84, "inter", "other interpreters")
    legend(222, "jit", "just-in-time compilers"); legend(382, "ahead", "ahead of time")
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" class=\"quiet\">geomean</text>\n", total - 14, top - 10
    n = split("0.5 1 2 5 10 20 50", ticks, " ")
    for (i = 1; i <= n; i++) {
        x = x_of(ticks[i])
        printf "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", ticks[i] == 1 ? "one" : "grid", x, top - 4, x, bottom
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"quiet\">%s×</text>\n", x, top - 10, ticks[i]
    }
    for (i = 1; i <= NR; i++) {
        y = top + (i - 1) * step + step / 2
        class = class_of(name[i])
        own = class == "own" ? " class=\"bold\"" : ""
        printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\"%s>%s</text>\n", left - 16, y + 4.5, own, name[i] in shown ? shown[name[i]] : name[i]
        best = worst = ratio[i, 1]
        for (k = 2; k <= count[i]; k++) {
            if (ratio[i, k] < best) best = ratio[i, k]
            if (ratio[i, k] > worst) worst = ratio[i, k]
        }
        if (best < worst) printf "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-opacity=\"0.5\"/>\n", class, x_of(best), y, x_of(worst), y
        for (k = 1; k <= count[i]; k++)
            printf "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-opacity=\"0.6\"/>\n", class, x_of(ratio[i, k]), y - 4, x_of(ratio[i, k]), y + 4
        printf "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>\n", class, x_of(mean[i]), y
        printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\"%s>%.2f×</text>\n", total - 14, y + 4.5, own, mean[i]
    }
    printf "<text x=\"12\" y=\"%d\" class=\"quiet\">Dots: geometric means over %d programs; small marks: each program. Logarithmic; further left is faster.</text>\n", bottom + 20, programs
    if (about) printf "<text x=\"12\" y=\"%d\" class=\"quiet\">%s</text>\n", bottom + 36, about
    print "</svg>"
}
