/** Of the page: light or dark as the reader's system is, readable on paper and on a phone. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2230;--dim:#667085;--line:#e3e6ec;--back:#fff;--soft:#f6f7f9;
--A:#137a3d;--C:#9a5b00;--D:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ee;--dim:#98a2b3;--line:#2c3342;--back:#12161f;
--soft:#1a2030;--A:#4cc982;--C:#eda94b;--D:#f97066}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:24px 20px;color:var(--ink);background:var(--back);
font:15px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:26px}h2{margin:28px 0 8px;font-size:17px}
header p,footer,small,.none{color:var(--dim)}header p{margin:4px 0 0}
code,.path,.name{font-family:ui-monospace,monospace;font-size:13px}
.sums{display:flex;flex-wrap:wrap;gap:12px;margin-top:20px}
.card{flex:1 1 140px;padding:12px 16px;background:var(--soft);border:1px solid var(--line);border-radius:8px}
.card b{display:block;font-size:24px;line-height:1.2}.card span{color:var(--dim)}
.card.A b,b.A{color:var(--A)}.card.C b,b.C{color:var(--C)}.card.D b,b.D{color:var(--D)}
.lists{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:0 32px}
table{width:100%;border-collapse:collapse}th{text-align:left;font-weight:500;color:var(--dim)}
td,th{padding:3px 8px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
.value{white-space:nowrap;font-variant-numeric:tabular-nums}.path{width:100%;overflow-wrap:anywhere}
.writers .path{width:50%}
.mark{display:inline-block;width:1.5em;font:600 12px ui-monospace,monospace}
.mark.A{color:var(--A)}.mark.C{color:var(--C)}.mark.D{color:var(--D)}
ul{margin:0;padding:0 0 0 20px;list-style:none}section>ul{padding:0}
li.leaf{padding-left:16px}li small{margin-left:10px;font-size:12.5px}li small b{font-weight:600}
summary{cursor:pointer}summary:hover,li.leaf:hover{background:var(--soft)}
.name{overflow-wrap:anywhere}footer{margin-top:32px;font-size:13px}
`;
