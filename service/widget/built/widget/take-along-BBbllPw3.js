function c(t,o,e){const n=o.filter(a=>a.text).map(a=>[`## ${a.question.replace(/\s+/g," ")}`,a.text,r(a.citations,e)]);return`${[`# ${t}`,...n.flat()].filter(Boolean).join(`

`)}
`}function r(t,o){return t.map(e=>{const n=[e.document,...e.heading_path].join(" › ").replace(/([[\]\\])/g,"\\$1");return`- [${e.n}] [${n}](${o(e)})`}).join(`
`)}function s(t,o){const e=URL.createObjectURL(new Blob([o],{type:"text/markdown;charset=utf-8"})),n=document.createElement("a");n.href=e,n.download=t,n.click(),setTimeout(()=>URL.revokeObjectURL(e),6e4)}export{c as asMarkdown,s as download};
