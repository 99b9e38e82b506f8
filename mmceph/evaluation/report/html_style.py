"""How a report's page looks, on a screen and on paper, and what makes its tables sort."""

STYLE = """
:root{--ink:#1c2733;--soft:#5a6876;--line:#dde3e9;--blue:#0072b2;--hard:#d55e00;--good:#00795a}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;margin:0}
body{color:var(--ink);background:#f4f6f8}
main{max-width:1180px;margin:0 auto;padding:24px}
h1{font-size:25px;margin:0 0 4px}h2{font-size:19px;margin:38px 0 10px}h3{font-size:16px}
.sub{color:var(--soft);margin:0 0 4px;overflow-wrap:anywhere}
.head{font-size:16px;margin:16px 0 0}
nav{margin:12px 0 18px;font-size:14px}nav a{color:var(--blue);text-decoration:none}
nav a+a::before{content:"\\00b7";color:#9aa6b1;padding:0 8px}nav a:hover{text-decoration:underline}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(138px,1fr));gap:12px}
.card{background:#fff;border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:23px;font-weight:650;white-space:nowrap}
.card span{color:var(--soft);font-size:13px;line-height:1.35;display:block}
.card.main{border-color:var(--blue);border-width:2px}
.warn,.verdict{padding:10px 14px;border-radius:6px;margin:14px 0}
.warn{background:#fff2e8;border-left:5px solid var(--hard)}
.verdict{background:#eef6fb;border-left:5px solid var(--blue);font-weight:600}
.scroll{overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:5px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid #edf0f3}
th:first-child,td:first-child{text-align:left}
.words{white-space:normal!important;text-align:left!important;min-width:260px}
th{background:#f6f8fa;position:sticky;top:0;font-weight:600}
.sort th{cursor:pointer;user-select:none}.sort th:hover{background:#e8eef3}
th[aria-sort=ascending]::after{content:" \\25B2"}th[aria-sort=descending]::after{content:" \\25BC"}
.sort tbody tr:hover td{background:#f3f8fb}
.tag{font-size:11px;border-radius:9px;padding:1px 7px;margin-left:7px;font-weight:500}
.tag.difficult{background:#fde6d8;color:#8f3d00}.tag.healthy{background:#ddf1ea;color:#00543f}
tr.hard td:first-child{border-left:4px solid var(--hard)}
tr.overall td{font-weight:650;background:#eef6fb}tr.baseline td{color:var(--soft)}
tbody+tbody{border-top:2px solid #b9c4ce}
figure{margin:12px 0;background:#fff;border:1px solid var(--line);border-radius:8px;padding:10px}
figure img{display:block;max-width:100%;height:auto;margin:0 auto}
figcaption{color:var(--soft);font-size:13px;margin:8px auto 2px;max-width:860px}
.pair{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start}
.pair figure{flex:1 1 420px;margin:0}
ul{padding-left:20px;margin:10px 0}li{margin:2px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:0;font-size:14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
details{margin:12px 0}summary{cursor:pointer;color:var(--blue)}
pre{background:#fff;border:1px solid var(--line);border-radius:8px;padding:12px;overflow-x:auto}
pre{font-size:12px;line-height:1.4}
footer{color:var(--soft);font-size:13px;margin-top:34px;border-top:1px solid var(--line)}
@page{size:A4;margin:13mm 11mm}
@media print{
body{background:#fff;font-size:11px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}nav,.screen{display:none}
h1{font-size:19px}h2{font-size:15px;margin:18px 0 6px;break-after:avoid}h3{break-after:avoid}
.cards{grid-template-columns:repeat(4,1fr);gap:6px}.card{padding:6px 9px}.card b{font-size:16px}
.card span{font-size:10px}.scroll{overflow:visible;border:0}th{position:static}
table{font-size:9.5px}th,td{padding:2px 4px}.tag{font-size:8px;padding:0 4px;margin-left:4px}
.words{min-width:0}thead{display:table-header-group}
figure,.card,tr,.warn,.verdict{break-inside:avoid}figure{border:0;padding:2px;margin:8px 0}
figcaption{font-size:9.5px;margin-top:3px}figure img{max-height:165mm}
footer{font-size:9.5px}dl{break-inside:avoid}
.pair{display:block}.pair figure{margin:8px 0}.pair figure img{max-height:110mm}
dl,pre{font-size:9.5px}pre{white-space:pre-wrap;border:0;padding:0}}
"""

SCRIPT = """
document.querySelectorAll('table.sort').forEach(table=>{
 const heads=[...table.tHead.rows[0].cells],body=table.tBodies[0];
 heads.forEach((head,column)=>{head.tabIndex=0;
  const sort=()=>{const up=head.getAttribute('aria-sort')!=='ascending';
   heads.forEach(other=>other.removeAttribute('aria-sort'));
   head.setAttribute('aria-sort',up?'ascending':'descending');
   const value=row=>{const cell=row.cells[column].textContent,figure=parseFloat(cell);
    return column===0?cell:(isNaN(figure)?-Infinity:figure)};
   [...body.rows].sort((a,b)=>{const x=value(a),y=value(b),
    order=column===0?x.localeCompare(y):x-y;return up?order:-order})
    .forEach(row=>body.append(row))};
  head.onclick=sort;head.onkeydown=e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();sort()}}
 })});
"""
