import{g as c}from"./chat-CR729auI.js";import"./main-5RFy4fre.js";function m(n,r,t){const e=r.filter(o=>o.text).map(o=>[`## ${o.question.replace(/\s+/g," ")}`,o.text,s(o.citations,t)]);return`${[`# ${n}`,...e.flat()].filter(Boolean).join(`

`)}
`}function s(n,r){return Array.from(c(n),([t,e])=>`- ${e.map(a=>`[\\[${a.n}\\]](${r(a)})`).join(" ")} ${t.replace(/([[\]\\])/g,"\\$1")}`).join(`
`)}function p(n,r){const t=URL.createObjectURL(new Blob([r],{type:"text/markdown;charset=utf-8"})),e=document.createElement("a");e.href=t,e.download=n,e.click(),setTimeout(()=>URL.revokeObjectURL(t),6e4)}export{m as asMarkdown,p as download};
