/// The look of all pages. Colours have a contrast of at least 4.5 to 1 on their ground, in both schemes.
enum StyleSheet {
  static let css: HTML = """

    :root{--bg:#f6f5f1;--panel:#fff;--line:#e2dfd6;--ink:#1c2126;--soft:#5b636b;--accent:#0a626c;--good:#1a6a3a;--good-bg:#e5f2e9;
    --bad:#b0231a;--bad-bg:#fce9e6;--warn:#835000;--warn-bg:#fbf0db;--busy:#2355a3;--busy-bg:#e6eefa;--idle:#596069;--idle-bg:#eeece6;
    --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;color-scheme:light dark}
    @media (prefers-color-scheme:dark){:root{--bg:#13171a;--panel:#1a1f24;--line:#2b3238;--ink:#e4e8ea;--soft:#9aa5ae;--accent:#63c6d1;
    --good:#72d197;--good-bg:#17301f;--bad:#ff968c;--bad-bg:#3b1d1b;--warn:#efba62;--warn-bg:#352a14;--busy:#92baff;--busy-bg:#1a2a45;
    --idle:#a5aeb7;--idle-bg:#262c32}}
    *{box-sizing:border-box}
    html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--bg);color:var(--ink);min-height:100vh;display:flex;flex-direction:column}
    a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:3px}
    a:hover{text-decoration-thickness:2px}
    :focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
    main:focus{outline:none}
    .skip{position:absolute;left:-99em}.skip:focus{left:1rem;top:.5rem;z-index:2;background:var(--panel);padding:.4rem .8rem}
    .hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    caption.hide{position:absolute}
    .sprite{position:absolute;width:0;height:0}
    .soft{color:var(--soft)}.num,time{font-variant-numeric:tabular-nums}
    .mono,code,pre,kbd{font-family:var(--mono);font-size:.92em}
    code{overflow-wrap:anywhere}
    kbd{border:1px solid var(--line);border-radius:4px;padding:0 .35em;background:var(--panel)}
    time{white-space:nowrap}
    header{background:var(--panel);border-bottom:1px solid var(--line)}
    .bar,main,footer{width:100%;max-width:76rem;margin:0 auto;padding:0 1.25rem}
    .bar{display:flex;align-items:center;gap:.5rem 1.5rem;min-height:3.5rem;flex-wrap:wrap;padding-top:.5rem;padding-bottom:.5rem}
    .brand{display:flex;align-items:center;gap:.55rem;font-weight:650;color:var(--ink);text-decoration:none;letter-spacing:.01em}
    .brand svg{width:2.1rem;height:1.05rem;fill:none;stroke:var(--accent);stroke-width:2}.brand .fill{fill:var(--accent)}
    nav[aria-label=Pages]{display:flex;gap:.25rem}
    nav[aria-label=Pages] a{padding:.25rem .7rem;border-radius:6px;color:var(--soft);text-decoration:none}
    nav[aria-label=Pages] a:hover{color:var(--ink)}
    nav a[aria-current]{background:var(--idle-bg);color:var(--ink)!important}
    header form{flex:1 1 14rem;max-width:24rem;margin-left:auto}
    input,select,button{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:7px;padding:.35rem .7rem;min-height:2.25rem}
    input{width:100%}input::placeholder{color:var(--soft);opacity:1}
    button{background:var(--accent);color:var(--panel);border-color:var(--accent);cursor:pointer;font-weight:550}
    #live{margin:0;display:flex;align-items:center;gap:.45rem;font-size:.87rem;color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}
    #live i{width:.6rem;height:.6rem;border-radius:50%;border:2px solid currentColor}
    #live[data-state=live]{color:var(--good)}#live[data-state=live] i{background:currentColor}
    #live[data-state=stale]{color:var(--bad);font-weight:600}#live[data-state=stale] i{border-radius:1px}
    main{flex:1;padding-top:1.75rem;padding-bottom:2.5rem}
    footer{color:var(--soft);font-size:.85rem;padding-bottom:1.25rem}
    h1{font-size:1.6rem;line-height:1.25;font-weight:640;letter-spacing:-.012em;margin:0;overflow-wrap:anywhere}
    h2{font-size:1.02rem;font-weight:640;margin:0 0 .65rem}
    h1.mono{font-size:1.25rem;letter-spacing:0}
    p{margin:.35rem 0}
    .crumbs{font-size:.87rem;color:var(--soft);margin:0 0 .35rem;overflow-wrap:anywhere}
    .lead{display:flex;align-items:center;flex-wrap:wrap;gap:.5rem .9rem;margin-bottom:.35rem}
    .lead>span{display:inline-flex}.lead .icon{width:1.55rem;height:1.55rem}.lead .good{color:var(--good)}.lead .bad{color:var(--bad)}.lead .idle{color:var(--idle)}.lead .busy{color:var(--busy)}
    .lead .badge .icon{width:1em;height:1em}
    .tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.75rem;margin:1.1rem 0 1.75rem;padding:0;list-style:none}
    .tiles li{background:var(--panel);border:1px solid var(--line);border-radius:11px;padding:.8rem 1.05rem .7rem}
    .tiles b{display:block;font-size:1.75rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
    .tiles b small{font-size:1.05rem;font-weight:450;color:var(--soft)}.tiles span{color:var(--soft);font-size:.9rem}
    .tiles .bad b{color:var(--bad)}.tiles .warn b{color:var(--warn)}
    .card{background:var(--panel);border:1px solid var(--line);border-radius:11px;padding:1rem 1.15rem 1.05rem;margin:0 0 1.1rem;min-width:0}
    .card>h2 small{font-weight:450;color:var(--soft);margin-left:.35rem}
    #state{margin-bottom:1.2rem}
    .split{display:grid;grid-template-columns:minmax(0,1fr) minmax(17rem,21rem);gap:0 1.1rem;align-items:start}
    .split>div{min-width:0}
    .scroll{overflow-x:auto;margin:0 -1.15rem -.45rem;padding:0 1.15rem}
    table{border-collapse:collapse;width:100%;font-size:.94rem}
    th,td{text-align:left;padding:.5rem 1rem .5rem 0;vertical-align:baseline;border-top:1px solid var(--line);font-weight:inherit}
    thead th{color:var(--soft);font-size:.82rem;border-top:0;padding-top:0;font-weight:500;white-space:nowrap}
    tbody th{overflow-wrap:anywhere;min-width:9rem}
    tbody th>a.mono,td>a.mono{font-size:.86em;white-space:nowrap}
    tr>:last-child{padding-right:0}td.num,th.num{text-align:right;white-space:nowrap;padding-right:1.6rem}tr>.num:last-child{padding-right:0}
    tbody th small{display:block;color:var(--soft);font-size:.85rem}
    td{overflow-wrap:anywhere}
    .badge{display:inline-flex;align-items:center;gap:.38em;font-size:.78rem;font-weight:620;letter-spacing:.025em;padding:.12rem .55rem .12rem .45rem;border-radius:99px;white-space:nowrap;line-height:1.5}
    .icon{width:1em;height:1em;fill:currentColor;flex:none}
    .badge.good{color:var(--good);background:var(--good-bg)}.badge.bad{color:var(--bad);background:var(--bad-bg)}
    .badge.warn{color:var(--warn);background:var(--warn-bg)}.badge.busy{color:var(--busy);background:var(--busy-bg)}
    .badge.idle{color:var(--idle);background:var(--idle-bg)}
    .note{display:flex;gap:.7rem;align-items:baseline;border-radius:11px;padding:.8rem 1.1rem;margin:0 0 1.2rem;overflow-wrap:anywhere}
    .note .icon{width:1.05rem;height:1.05rem;position:relative;top:.15rem}.note>*{min-width:0}
    .note.bad{background:var(--bad-bg);color:var(--bad)}.note.warn{background:var(--warn-bg);color:var(--warn)}
    .note a,.note code{color:inherit}
    .split .cut{max-width:15ch}
    .issues{list-style:none;margin:0;padding:0}
    .issues li{display:grid;grid-template-columns:7.6rem minmax(0,1fr) auto;gap:.15rem .8rem;padding:.6rem 0;border-top:1px solid var(--line);align-items:baseline}
    .issues li:first-child{border-top:0;padding-top:.1rem}.issues li:last-child{padding-bottom:.1rem}
    .issues p{margin:0;overflow-wrap:anywhere}.issues code{color:var(--soft)}
    .cut{display:inline-block;max-width:24ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
    .facts{margin:0;display:grid;grid-template-columns:minmax(0,1fr);gap:.1rem}
    .facts div{display:grid;grid-template-columns:7.2rem minmax(0,1fr);gap:.8rem;padding:.3rem 0;border-top:1px solid var(--line)}
    .facts div:first-child{border-top:0}
    dt{color:var(--soft);font-size:.9rem;overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}
    .commands{list-style:none;margin:0;padding:0}
    .commands li{padding:.4rem 0;border-top:1px solid var(--line)}.commands li:first-child{border:0;padding-top:0}
    .commands code{display:block;user-select:all;font-size:.81em;padding:.1rem 0}
    .commands code span{display:inline-block;max-width:100%;color:inherit;font-size:1em}.commands span{color:var(--soft);font-size:.87rem}
    .nothing{border:1px dashed var(--line);border-radius:11px;padding:1.2rem 1.3rem;color:var(--soft)}
    .nothing b{color:var(--ink)}.nothing code{background:var(--idle-bg);border-radius:5px;padding:.12rem .4rem;color:var(--ink)}
    pre{background:var(--bg);border:1px solid var(--line);border-radius:8px;padding:.75rem .9rem;margin:0;overflow:auto;max-height:24rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
    .path{display:flex;flex-wrap:wrap;list-style:none;margin:.9rem 0 1.2rem;padding:0;gap:.4rem 0;font-size:.82rem;letter-spacing:.025em;color:var(--soft)}
    .path li{display:flex;align-items:center}.path li+li::before{content:"";width:1.6rem;height:1px;background:var(--soft);opacity:.5;margin:0 .55rem}
    .tabs{display:flex;flex-wrap:wrap;gap:.3rem;margin:0 0 .8rem;padding:0;list-style:none}
    .tabs a{display:block;padding:.2rem .7rem;border-radius:99px;border:1px solid var(--line);color:var(--soft);text-decoration:none;font-size:.88rem}
    .tabs a:hover{color:var(--ink)}
    .filter{display:flex;flex-wrap:wrap;gap:.7rem;align-items:end;margin:1rem 0 1.3rem}
    .filter label{display:grid;gap:.2rem;font-size:.85rem;color:var(--soft);min-width:0}.filter select{color:var(--ink);max-width:100%;background:var(--panel);font-size:.95rem}
    .pager{display:flex;gap:1.2rem;margin:1rem 0 0}
    .log{list-style:none;margin:0;padding:0 0 0 1.1rem;border-left:2px solid var(--line);margin-left:.35rem}
    .log li{position:relative;display:grid;grid-template-columns:6.2rem minmax(0,1fr);gap:0 1rem;padding:.28rem 0}
    .log li::before{content:"";position:absolute;left:-1.47rem;top:.72rem;width:.58rem;height:.58rem;border-radius:50%;background:var(--panel);border:2px solid var(--soft)}
    .log li:last-child::before{background:var(--accent);border-color:var(--accent)}
    .log .at{color:var(--soft);text-align:right}.log p{margin:0;overflow-wrap:anywhere}.log .what{color:var(--soft)}
    @keyframes fresh{from{background:var(--busy-bg)}}
    tr.fresh>*{animation:fresh 2.5s ease-out}
    @media (prefers-reduced-motion:reduce){tr.fresh>*{animation:none}}
    @media (max-width:70rem){.split{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:52rem){
    .bar,main,footer{padding-left:.9rem;padding-right:.9rem}main{padding-top:1.2rem}.wide{display:none}
    header form{order:8;flex:1 1 9rem;max-width:none;margin:0}#live{order:9}nav[aria-label=Pages]{margin-right:auto}h1{font-size:1.32rem}
    nav[aria-label=Pages] a{padding:.25rem .5rem}.bar{gap:.5rem .9rem}.bar::after{content:"";order:7;flex-basis:100%}
    .tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:.6rem}.tiles li{padding:.65rem .8rem}
    .card{padding:.9rem .95rem}.scroll{margin:0;padding:0;overflow:visible}
    table,tbody,tr,tbody th,td{display:block}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    tr{padding:.65rem 0;border-top:1px solid var(--line)}tbody tr:first-child{border-top:0;padding-top:0}
    tbody th,td{border:0;padding:.12rem 0}tbody th{padding-bottom:.25rem}
    tbody th>a.mono,td>a.mono{white-space:normal}
    td,td.num{display:grid;grid-template-columns:6.2rem minmax(0,1fr);gap:.6rem;text-align:left;white-space:normal;justify-items:start}
    td::before{content:attr(data-label);color:var(--soft);font-size:.87rem}.cut{max-width:100%}
    .issues li{grid-template-columns:auto minmax(0,1fr)}.issues li>p{grid-column:1/-1}.issues li>time{justify-self:end;order:-1;grid-column:2;grid-row:1}
    .log li{grid-template-columns:minmax(0,1fr)}.log .at{text-align:left;font-size:.85rem}
    .filter label,.filter select{width:100%}}
    @media print{header form,#live,footer,.commands{display:none}}

    """
}
