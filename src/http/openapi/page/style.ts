/** How the page looks; nothing comes from elsewhere. */
export const style = `
:root{--ink:#1f2328;--dim:#5a636d;--line:#e2e5e9;--soft:#f5f7f9;--paper:#fff;--link:#0b62c4;--get:#1a7f4b;--post:#0b62c4;--put:#9a6400;--delete:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--dim:#9aa4af;--line:#343a41;--soft:#22272d;--paper:#16191d;--link:#6cb1ff;--get:#5fc68e;--post:#6cb1ff;--put:#e0ac4b;--delete:#f28b82}}
*{box-sizing:border-box}
html{scroll-padding-top:16px;-webkit-text-size-adjust:100%}
body{margin:0;color:var(--ink);background:var(--paper);font:15px/1.65 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
code,pre{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono CJK SC",monospace}
code{overflow-wrap:anywhere}
pre{margin:8px 0 16px;padding:12px 14px;overflow-x:auto;background:var(--soft);border:1px solid var(--line);border-radius:8px}
.frame{display:grid;grid-template-columns:236px minmax(0,1fr);max-width:1240px;margin:0 auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:28px 20px;border-right:1px solid var(--line)}
nav a{display:block;padding:5px 0;color:var(--dim)}
nav .brand{padding:0 0 10px;color:var(--ink);font-weight:600;font-size:17px}
nav .indent{padding-left:14px}
main{min-width:0;padding:28px 40px 120px}
h1{margin:0 0 6px;font-size:26px;line-height:1.3}
h2{margin:52px 0 6px;padding-top:20px;border-top:1px solid var(--line);font-size:20px;line-height:1.35}
h3{margin:28px 0 6px;font-size:16px}
h4{margin:16px 0 4px;font-size:14px}
p{margin:6px 0 12px}
.dim{color:var(--dim)}
.top{display:flex;flex-wrap:wrap;gap:4px 18px}
ol,ul{margin:6px 0 14px;padding-left:22px}
li{margin:4px 0}
table{width:100%;margin:6px 0 16px;border-collapse:collapse;font-size:14px}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--dim);font-weight:500;white-space:nowrap}
td:first-child{width:34%}
.must{color:var(--delete);font-size:12px;white-space:nowrap}
details{border:1px solid var(--line);border-radius:8px;margin:8px 0;background:var(--paper)}
summary{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 10px;padding:8px 12px;cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"▸";width:10px;color:var(--dim)}
details[open]>summary::before{content:"▾"}
summary:hover{background:var(--soft);border-radius:8px}
summary:focus-visible{outline:2px solid var(--link);outline-offset:1px;border-radius:8px}
.inside{padding:4px 14px 10px;border-top:1px solid var(--line)}
.method{min-width:52px;font:600 12px/1.6 ui-monospace,Menlo,Consolas,monospace}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.delete{color:var(--delete)}
.says{color:var(--dim)}
.menu{display:none}
@media(max-width:760px){
.frame{display:block}
nav{display:none}
.menu{display:block;margin:14px 0}
.menu a{display:block;padding:7px 0}
main{padding:18px 16px 80px}
h1{font-size:22px}
h2{margin-top:36px}
table,tbody,tr,td{display:block;width:100%}
thead{display:none}
tr{padding:8px 0;border-bottom:1px solid var(--line)}
td,td:first-child{width:100%;padding:1px 0;border:0}
summary .says{flex-basis:100%}
}
`
