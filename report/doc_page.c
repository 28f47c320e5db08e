/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The frame of an HTML page: everything in one file, nothing loaded. The script only narrows the
 * contents down to what is typed; without it the page lacks nothing but that. The page's own policy
 * lets this script run, known by its hash, and no other: whatever a text of the model could do to
 * the page, it could not run.
 */
#include "report/doc.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--muted:#59636e;--line:#d8dee4;"
    "--soft:#f6f8fa;--link:#0860ca;--word:#7a3fd0;--mark:#fff4cc;--since:#1a7f37;--unstable:#"
    "9a5b00;"
    "--old:#c4242e}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e3e8ee;--muted:#98a2ae;"
    "--line:#2e3640;--soft:#181e25;--link:#6cb0ff;--word:#c9a6ff;--mark:#3a3215;--since:#57c26e;"
    "--unstable:#e0a63c;--old:#ff7b72}}\n"
    "*{box-sizing:border-box}\n"
    "html{scroll-padding-top:4.2rem}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.6 system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;overflow-wrap:break-word}\n"
    "a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
    "code,pre,.name{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"Liberation Mono\","
    "monospace}\n"
    "code{font-size:.9em;overflow-wrap:anywhere}pre code{font-size:inherit}\n"
    ".docs code{background:var(--soft);border-radius:4px;padding:.1em .3em}\n"
    ".docs pre code{background:none;padding:0}\n"
    "pre{font-size:.875rem;line-height:1.55;background:var(--soft);border:1px solid var(--line);"
    "border-radius:8px;padding:.7rem .9rem;margin:.7rem 0;overflow-x:auto}\n"
    "pre.sig{white-space:pre-wrap;overflow-wrap:anywhere}pre b{color:var(--word);font-weight:600}\n"
    "pre.uses{background:none;border:0;padding:0;color:var(--muted)}\n"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;z-index:3;"
    "background:var(--bg);padding:.5rem 1rem}\n"
    "#_menu{position:absolute;opacity:0;pointer-events:none}\n"
    "header{position:sticky;top:0;z-index:2;display:flex;gap:.9rem;align-items:center;"
    "height:3.4rem;padding:0 1.2rem;background:var(--bg);border-bottom:1px solid var(--line)}\n"
    "header b{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;min-width:0;"
    "font-weight:600}\n"
    "header a,header label{white-space:nowrap}\n"
    "header label{display:none;cursor:pointer;border:1px solid var(--line);border-radius:8px;"
    "padding:.15rem .6rem;font-size:.9rem}\n"
    "#_menu:focus-visible~header label{outline:2px solid var(--link)}\n"
    "#_search{margin-left:auto;width:14rem;min-width:5rem;flex:0 1 14rem;font:inherit;"
    "font-size:.9rem;padding:.25rem .6rem;color:inherit;background:var(--soft);"
    "border:1px solid var(--line);border-radius:8px}\n"
    ".frame{display:grid;grid-template-columns:19rem minmax(0,1fr);max-width:84rem;margin:0 auto}\n"
    ".frame.wide{display:block;max-width:64rem}\n"
    "nav{position:sticky;top:3.4rem;height:calc(100vh - 3.4rem);overflow-y:auto;"
    "padding:1.2rem .6rem 3rem 1.2rem;border-right:1px solid var(--line);font-size:.875rem;"
    "line-height:1.5}\n"
    "nav ul{list-style:none;margin:0;padding:0 0 0 1.15rem}nav ul.tree{padding:0}\n"
    "nav summary{cursor:pointer;padding:.15rem 0}nav li li{padding:.08rem 0}\n"
    "nav a{overflow-wrap:anywhere}nav a.g{font-weight:600}nav a.f,nav a.t{color:var(--fg)}"
    "nav li li li a.f{color:var(--muted)}\n"
    "nav .tree>li{margin-bottom:.5rem}\n"
    "main{padding:1.2rem 2.2rem 6rem;min-width:0}\n"
    "h1{font-size:1.9rem;line-height:1.25;margin:.6rem 0 1rem}\n"
    "h2,h3,h4,h5,h6{line-height:1.35;margin:1.6rem 0 .5rem}\n"
    "h2{font-size:1.45rem}h3{font-size:1.15rem}h4{font-size:1.02rem}h5,h6{font-size:.95rem}\n"
    ".group{border-top:1px solid var(--line);margin-top:2.6rem;padding-top:.6rem}\n"
    ".group .group{border:0;margin-top:1rem;padding:0}\n"
    ".item{margin:1.7rem 0}.item .item{margin:1.1rem 0}\n"
    ".members{border-left:2px solid var(--line);padding-left:1.2rem}\n"
    ".name{font-weight:600;color:inherit;overflow-wrap:anywhere}\n"
    ".kind{color:var(--muted);font-weight:500;font-size:.8em}nav .kind{font-size:.72rem}\n"
    ".version{color:var(--muted);font-weight:400}\n"
    ".badge{display:inline-block;vertical-align:.12em;font-size:.7rem;line-height:1.5;"
    "font-weight:500;padding:0 .5em;border:1px solid currentColor;border-radius:1em;"
    "white-space:nowrap}\n"
    ".since{color:var(--muted);border-color:var(--line)}.async{color:var(--word)}\n"
    ".unstable{color:var(--unstable)}.deprecated{color:var(--old)}\n"
    ".docs>:first-child{margin-top:.3rem}.docs>:last-child{margin-bottom:.3rem}\n"
    ".docs h1,.docs h2,.docs h3,.docs h4,.docs h5,.docs h6{font-size:.95rem;margin:1rem 0 .3rem}\n"
    ".docs p,.docs ul,.docs ol{margin:.55rem 0}.docs ul,.docs ol{padding-left:1.5rem}\n"
    ".plain{white-space:pre-wrap}\n"
    "blockquote{margin:.6rem 0;padding-left:1rem;border-left:3px solid var(--line);"
    "color:var(--muted)}\n"
    ".table{overflow-x:auto}.table table{border-collapse:collapse}\n"
    ".table th,.table td{border:1px solid var(--line);padding:.3rem .6rem}.c{text-align:center}"
    ".r{text-align:right}\n"
    "table.fields{border-collapse:collapse;width:100%;margin:.7rem 0;font-size:.94rem}\n"
    ".fields td,.fields th{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;"
    "border-top:1px solid var(--line)}\n"
    ".fields "
    "th{font-size:.78rem;font-weight:500;color:var(--muted);border:0;padding-bottom:.1rem}\n"
    ".fields td:first-child{min-width:9rem;max-width:22rem}"
    ".contents td:first-child{width:34%}\n"
    ".fields td>p{margin:0 0 .4rem}.fields td>p:last-child{margin:0}\n"
    ".why{display:block;color:var(--muted);font-size:.82rem}\n"
    ".users,.note{color:var(--muted);font-size:.85rem;margin:.5rem 0}.users "
    "summary{cursor:pointer}\n"
    ".users p{margin:.3rem 0}\n"
    ":target{background:var(--mark);box-shadow:0 0 0 .35rem var(--mark);border-radius:3px}\n"
    ".card{border:1px solid var(--line);border-radius:10px;padding:.2rem 1.2rem "
    ".6rem;margin:1.2rem "
    "0}\n"
    ".card h2{font-size:1.2rem;margin:.7rem 0 .3rem}\n"
    "#_all{margin-top:2rem}#_all summary{cursor:pointer}\n"
    ".all{list-style:none;padding:0;columns:22rem}.all li{break-inside:avoid;padding:.1rem 0}\n"
    ".all a{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9rem}\n"
    ".all small{color:var(--muted);overflow-wrap:anywhere}\n"
    "footer{color:var(--muted);font-size:.8rem;padding:1.5rem 2.2rem;border-top:1px solid "
    "var(--line)}\n"
    "@media(max-width:56rem){.frame{display:block}header label{display:block}header{padding:0 "
    "1rem;gap:.7rem}\n"
    "nav{display:none;position:static;height:auto;border-right:0;border-bottom:1px solid "
    "var(--line);padding:1rem}\n"
    "#_menu:checked~.frame nav{display:block}main{padding:.6rem 1rem 4rem}nav li li{padding:.2rem "
    "0}}\n"
    "@media(max-width:40rem){header "
    "b{display:none}h1{font-size:1.5rem}h2{font-size:1.25rem}.members{padding-left:.7rem}\n"
    ".fields,.fields tbody,.fields tr,.fields td{display:block}.fields thead{display:none}\n"
    ".fields tr{border-top:1px solid var(--line);padding:.45rem 0}\n"
    ".fields td{border:0;padding:.1rem 0}.fields td:first-child{width:auto;max-width:none}\n"
    ".fields td:empty{display:none}.card{padding:.1rem .9rem .4rem}#_search{flex-basis:9rem}}\n"
    "@media print{header,nav{display:none}.frame{display:block}}\n";

/* tests/report.sh compares the hash with the script. */
#define SCRIPT_HASH "I7d0i641/PEIDlWlv5Ms6FpQp56UnkOH6s6l/QO76RY="
static const char script[] =
    "(function(){\n"
    "var q=document.getElementById('_search'),menu=document.getElementById('_menu');\n"
    "var toc=document.getElementById('_toc'),all=document.getElementById('_all');\n"
    "var root=toc||all;if(!root)return;q.hidden=false;\n"
    "function kids(e){return [].slice.call(e.querySelectorAll(':scope>ul>li,"
    ":scope>details>ul>li'))}\n"
    "function visit(li,t,shown){var a=li.querySelector('a');\n"
    "var hit=shown||a.textContent.toLowerCase().indexOf(t)>=0,any=hit;\n"
    "kids(li).forEach(function(k){any=visit(k,t,hit)||any});li.hidden=!any;return any}\n"
    "q.addEventListener('input',function(){var t=q.value.trim().toLowerCase();\n"
    "if(menu)menu.checked=!!t;if(all)all.open=!!t;\n"
    "[].forEach.call(document.querySelectorAll('.card'),function(c){c.hidden=!!t});\n"
    "kids(root).forEach(function(k){visit(k,t,false)})});\n"
    "q.addEventListener('keydown',function(e){\n"
    "if(e.key==='Escape'){q.value='';q.dispatchEvent(new Event('input'))}\n"
    "if(e.key!=='Enter')return;var t=q.value.trim().toLowerCase(),best=null;\n"
    "[].forEach.call(root.querySelectorAll('a'),function(a){var n=a.textContent.toLowerCase();\n"
    "if(n===t&&(!best||best.textContent.toLowerCase()!==t)||!best&&n.indexOf(t)>=0)best=a});\n"
    "if(t&&best){best.click();q.blur()}});\n"
    "document.addEventListener('keydown',function(e){\n"
    "if(e.key==='/'&&document.activeElement!==q&&!e.ctrlKey&&!e.metaKey){e.preventDefault();"
    "q.focus()}});\n"
    "if(toc)toc.addEventListener('click',function(e){if(e.target.tagName==='A'&&menu)"
    "menu.checked=false});\n"
    "})();\n";

static void put(Buf *out, const char *text) { buf_str(out, str_from(text)); }

void doc_page_begin(const Doc *doc, Str title, bool is_index, Buf *out) {
    put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; script-src 'sha256-" SCRIPT_HASH "'; "
             "base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"generator\" content=\"witc\">\n<title>");
    html_text(out, title);
    put(out, "</title>\n<style>\n");
    put(out, style);
    put(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#_main\">Skip to content</a>\n");
    if (!is_index)
        put(out, "<input type=\"checkbox\" id=\"_menu\" aria-label=\"Show the contents\">\n");
    put(out, "<header>\n");
    if (!is_index) put(out, "<label for=\"_menu\">Contents</label>\n");
    if (!is_index && doc->has_index) put(out, "<a href=\"index.html\">All packages</a>\n");
    put(out, "<b>");
    html_text(out, title);
    put(out, "</b>\n<input type=\"search\" id=\"_search\" placeholder=\"Find\xe2\x80\xa6\" "
             "aria-label=\"Find an item\" hidden>\n</header>\n");
    put(out, is_index ? "<div class=\"frame wide\">\n" : "<div class=\"frame\">\n");
}

void doc_page_end(Buf *out) {
    put(out, "</div>\n<script>");
    put(out, script);
    put(out, "</script>\n</body>\n</html>\n");
}
