# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Looks at pages of HTML of one folder as a browser does not: every element is closed where it should
# be, no id occurs twice, every link within the pages leads to an id that is there, and nothing is
# loaded or run but the page's own script. Prints what is wrong; the status tells.
#
#     awk -f html.awk page.html...
BEGIN { RS = "<"; split("meta input br hr", names); for (i in names) is_void[names[i]] = 1 }

function wrong(what) { print file ": " what; bad = 1 }

# The value of an attribute; attributes are written name="value".
function value(tag, name) {
    if (!match(tag, "[ \n]" name "=\"[^\"]*\"")) return ""
    return substr(tag, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}

function finish_page() {
    if (depth) wrong("<" open[depth] "> is not closed")
    if (scripts != 1) wrong(scripts " scripts")
}

FNR == 1 {
    if (file != "") finish_page()
    file = FILENAME
    sub(".*/", "", file)
    pages[file] = 1
    depth = scripts = 0
    next
}

{
    end = index($0, ">")
    if (!end) { wrong("no end of <" substr($0, 1, 40)); next }
    tag = substr($0, 1, end - 1)
    if (tag ~ /^!/) next
    if (tag ~ /^\//) {
        name = substr(tag, 2)
        if (open[depth] != name) wrong("</" name "> closes <" open[depth] ">")
        if (depth) depth--
        next
    }
    name = tag
    sub("[ \n].*", "", name)
    if (!(name ~ /^[a-z]+[1-6]?$/)) wrong("a tag <" substr(tag, 1, 40))
    if (tag ~ /[ \n]on[a-z]+=/) wrong("a handler in <" tag)
    if (tag ~ /[ \n](src|srcset|action|data)=/) wrong("something is loaded by <" tag)
    if (name ~ /^(img|iframe|object|embed|link|base|form|svg)$/) wrong("there is a <" name ">")
    if (name == "script") scripts++
    if (!(name in is_void)) open[++depth] = name
    id = value(tag, "id")
    if (id != "") {
        if ((file "#" id) in ids) wrong("id " id " twice")
        ids[file "#" id] = 1
    }
    href = value(tag, "href")
    if (href == "" || href ~ /^https?:\/\// || href ~ /^mailto:/) next
    if (href ~ /^[^\/]*:/) wrong("a link to " href)
    if (href ~ /^#/) href = file href
    links[href] = file
}

END {
    finish_page()
    for (href in links) {
        page = href
        sub("#.*", "", page)
        file = links[href]
        if (!(page in pages)) wrong("no page for " href)
        else if (href ~ /#./ && !(href in ids)) wrong("no id for " href)
    }
    exit bad
}
