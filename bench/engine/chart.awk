# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Lines `NAME GEOMEAN COUNT WORST` -> a picture (SVG) with a bar each, in that order. Its colours
# follow the reader's light or dark page.
{ name[NR] = $1; mean[NR] = $2; if ($2 > most) most = $2 }
END {
    left = 110; width = 520; step = 26; top = 48
    height = top + NR * step + 16
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n", left + width + 70, height, left + width + 70, height
    print "<title>Time of each engine as a multiple of native code</title>"
    print "<style>"
    print "text { fill: #24292f } .quiet { fill: #57606a } .bar { fill: #8c959f } .own { fill: #0969da }"
    print "@media (prefers-color-scheme: dark) {"
    print "text { fill: #e6edf3 } .quiet { fill: #8d96a0 } .bar { fill: #6e7681 } .own { fill: #4493f8 } }"
    print "</style>"
    printf "<text x=\"%d\" y=\"18\" font-weight=\"bold\">CPU time as a multiple of native code (gcc -O2)</text>\n", 8
    printf "<text x=\"%d\" y=\"36\" class=\"quiet\" font-size=\"12\">geometric mean over the programs; shorter is faster</text>\n", 8
    for (i = 1; i <= NR; i++) {
        y = top + (i - 1) * step
        own = name[i] ~ /^witc/
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\"%s>%s</text>\n", left - 8, y + 15, own ? " font-weight=\"bold\"" : "", name[i]
        printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", own ? "own" : "bar", left, y + 2, width * mean[i] / most, step - 8
        printf "<text x=\"%.1f\" y=\"%d\"%s>%.2f</text>\n", left + width * mean[i] / most + 6, y + 15, own ? " font-weight=\"bold\"" : "", mean[i]
    }
    print "</svg>"
}
