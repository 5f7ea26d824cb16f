// The demonstration's start page: one veteran, one plan, one submission, one sheet.
'use strict';

const $ = (id) => document.getElementById(id);
const states = {
  WAITING: ['等前置事项', ''], READY: ['待送出', ''], DISPATCHED: ['已送出', ''], RECEIVED: ['部门办理中', ''],
  CORRECTION: ['待补正', 'bad'], SUSPENDED: ['中止', ''], APPROVED: ['已办成', 'good'], DELIVERED: ['已送达', 'good'],
  REJECTED: ['不予办理', 'bad'], BLOCKED: ['前置未办成', 'bad'], WITHDRAWN: ['已撤回', 'bad'],
};
let token = '';
let chosen = null;
let following = null; // AbortController of the stream

function el(tag, text, attributes = {}) {
  const e = document.createElement(tag);
  e.textContent = text;
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  return e;
}

function trouble(text) {
  $('trouble').textContent = text;
  $('trouble').hidden = !text;
}

async function ask(query, variables) {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token },
    body: JSON.stringify({ query, variables }),
  });
  const body = await answer.json();
  if (body.errors) throw new Error(body.errors[0].message);
  return body.data;
}

// follow reads a subscription as server-sent events and gives each message to take.
async function follow(query, variables, take, signal) {
  const answer = await fetch('/graphql', {
    method: 'POST', signal,
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', Authorization: 'Bearer ' + token },
    body: JSON.stringify({ query, variables }),
  });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const data = event.split('\n').find((l) => l.startsWith('data: '));
      if (!data) continue;
      const message = JSON.parse(data.slice(6));
      if (message.errors) throw new Error(message.errors[0].message);
      take(message.data);
    }
  }
}

function key() { // crypto.randomUUID is not there on plain HTTP
  return 'page-' + Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, '0')).join('');
}

async function choose(person, button) {
  if (following) following.abort();
  for (const b of $('people').children) b.setAttribute('aria-checked', String(b === button));
  chosen = person;
  trouble('');
  for (const id of ['plan', 'progress', 'sheet']) $(id).hidden = true;
  token = await (await fetch('/dev/token?persona=veteran&id=' + encodeURIComponent(person.id))).text();
  const { veteran } = await ask('query ($id: ID!) { veteran(id: $id) { cases(first: 1) { nodes { id } } } }', { id: person.id });
  if (chosen !== person) return;
  const [open] = veteran.cases.nodes;
  if (open) return watch(open.id);
  const { plan } = await ask(`query ($id: ID!) { plan(input: { veteranId: $id }) {
    totals { matters before { days materials steps visits } after { days materials steps visits } }
    acceptedOn promisedOn { day provisional } pathWords { zh }
    matters(selected: true) { finishDay matter { name { zh } department { name { zh } } } } } }`, { id: person.id });
  if (chosen === person) showPlan(plan);
}

function showPlan(plan) {
  const { before, after } = plan.totals;
  $('totals').replaceChildren(...[['工作日', 'days'], ['材料', 'materials'], ['环节', 'steps'], ['跑动', 'visits']].map(([name, k]) => {
    const box = document.createElement('div');
    const figures = document.createElement('dd');
    figures.append(el('del', before[k], { 'aria-label': '原来 ' + before[k] }), ' → ', el('strong', after[k]));
    box.append(el('dt', name), figures);
    return box;
  }));
  $('promise').textContent = `${plan.totals.matters} 个事项，今天提交，${plan.promisedOn.day} 前全部办结` + (plan.promisedOn.provisional ? '(暂定：下一年节假日安排尚未公布)' : '') + '。' + plan.pathWords.zh;
  $('matters').replaceChildren(...plan.matters.map((m) => el('li', `${m.matter.name.zh}(${m.matter.department.name.zh},第 ${m.finishDay} 个工作日)`)));
  $('plan').hidden = false;
  $('submit').disabled = !chosen.answers;
}

async function submit() {
  $('submit').disabled = true;
  const { submitCase } = await ask(`mutation ($input: SubmitCaseInput!) { submitCase(input: $input) {
    case { id } problems { field message { zh } } } }`,
  { input: { idempotencyKey: key(), veteranId: chosen.id, answers: chosen.answers } });
  if (!submitCase.case) {
    $('submit').disabled = false;
    return trouble(submitCase.problems.map((p) => p.field + ':' + p.message.zh).join('\n'));
  }
  $('plan').hidden = true;
  await watch(submitCase.case.id);
}

async function watch(id) {
  following = new AbortController();
  $('progress').hidden = false;
  $('progress').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  let over = false;
  await follow(`subscription ($id: ID!) { caseProgress(id: $id) { ended total over
    case { number workdays dueOn items { state words matter { name { zh } } department { name { zh } } } } } }`, { id }, ({ caseProgress: p }) => {
    showProgress(p);
    over = p.over;
  }, following.signal);
  if (!over) return;
  const sheet = (await ask(`query ($id: ID!) { case(id: $id) { feedbackSheet { number workdaysUsed workdaysPromised onTime
    lines { state number words matter { name { zh } } nextStep { zh } remedy { zh } } } } }`, { id })).case.feedbackSheet;
  showSheet(sheet);
  await offerPrint(sheet.number);
}

function chip(state) { return el('span', states[state][0], { class: 'state ' + states[state][1] }); }

function showProgress(p) {
  $('number').textContent = `办件编号 ${p.case.number}，承诺 ${p.case.workdays} 个工作日，${p.case.dueOn} 前办结。`;
  $('bar').max = p.total;
  $('bar').value = p.ended;
  $('count').textContent = `${p.total} 个事项已办完 ${p.ended} 个` + (p.over ? '，全部结束。' : '……');
  $('items').replaceChildren(...p.case.items.map((i) => {
    const li = el('li', '');
    li.append(el('span', `${i.matter.name.zh}(${i.department.name.zh})`), chip(i.state));
    return li;
  }));
}

function showSheet(s) {
  $('sheet-sum').textContent = `承诺 ${s.workdaysPromised} 个工作日` + (s.onTime ? ',按期办结。' : '。') + '示例部门走的是压缩时间。';
  $('lines').replaceChildren(...s.lines.map((l) => {
    const tr = document.createElement('tr');
    const result = document.createElement('td');
    result.append(chip(l.state));
    result.dataset.label = '结果';
    tr.append(el('th', l.matter.name.zh, { scope: 'row' }), result, el('td', l.number || '—', { 'data-label': '文号' }), el('td', (l.nextStep || l.remedy || { zh: l.words || '' }).zh, { 'data-label': '下一步' }));
    return tr;
  }));
  $('sheet').hidden = false;
}

// offerPrint links to the sheet for print. A link cannot carry the token, so the page
// is fetched and linked as it came.
async function offerPrint(number) {
  const link = $('print');
  link.hidden = true;
  const answer = await fetch('/sheets/' + encodeURIComponent(number), { headers: { Authorization: 'Bearer ' + token } });
  if (!answer.ok) throw new Error('反馈单打印页暂时打不开。');
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(await answer.blob());
  link.hidden = false;
}

const guarded = (f) => (...args) => f(...args).catch((e) => { if (e.name !== 'AbortError') trouble(e.message); });

async function start() {
  const { heroes, personas, workdaySeconds } = await (await fetch('/dev/personas')).json();
  $('workday').textContent = $('workday-en').textContent = workdaySeconds;
  $('personas').textContent = personas.join(' ');
  $('people').replaceChildren(...heroes.map((person) => {
    const b = el('button', '', { type: 'button', role: 'radio', 'aria-checked': 'false' });
    b.append(el('span', person.zh), document.createElement('br'), el('span', person.en, { lang: 'en' }));
    b.addEventListener('click', () => guarded(choose)(person, b));
    return b;
  }));
  $('submit').addEventListener('click', guarded(submit));
  token = await (await fetch('/dev/token?persona=veteran')).text();
  const { catalog } = await ask('{ catalog { disclaimer { zh } } }');
  $('disclaimer').textContent = catalog.disclaimer.zh;
}

guarded(start)();
