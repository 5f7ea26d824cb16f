// GraphiQL with a choice of personas, and subscriptions over server-sent events.
'use strict';

const e = React.createElement;
const tabs = [
  ['一份方案 A plan', `# 一位退役军人的全部事项，编成一件事。样样说明原因。
# A veteran's matters handled as one, with a reason for everything.
query Plan($id: ID!) {
  plan(input: { veteranId: $id }) {
    totals { matters before { days materials steps visits } after { days materials steps visits } }
    promisedOn { day provisional steps { day until kind days note { zh en } } }
    pathWords { zh en }
    matters(selected: true) { order finishDay matter { code name { zh en } department { name { zh en } } } }
    materials { kept { name { zh } neededBy { name { zh } } why { zh } } dropped { name { zh } reason words { zh } } }
  }
}
`],
  ['一个人 A person', `# 一人五域，件件有来源。 One person, five domains, every fact with its source.
query Veteran($id: ID!) {
  veteran(id: $id) {
    name citizenNumber bornOn division { fullName }
    identity { householdEntries { kind state provenance { source { name { zh } } asOf basis } } identityCard { state validTo } }
    serviceHistory { periods { enlistedOn leftOn branch } ranks { rank } discharge { dischargedOn category } settlement { mode } }
    insurance { enrolments { branch state scheme } }
    cases { nodes { number state dueOn items { state matter { name { zh } } } } }
  }
}
`],
  ['现在问部门 Ask live', `# 现在去问各部门：每个部门一次，不管问多少人。
# What departments say right now: one call each, however many people.
query Live {
  veterans(first: 5) {
    nodes { name departments { department { name { zh } } state asOf retryAt facts { field { name { zh } } value } } }
  }
}
`],
  ['办件进度 Progress', `# 先查出办件编号，再跟进度(SSE)。 Take a case's id, then follow it live.
query Cases { cases(first: 5, filter: { states: [IN_PROGRESS] }) { nodes { id number state dueOn } } }

subscription Progress($case: ID!) {
  caseProgress(id: $case) { ended total over entries { at kind matter { name { zh } } } case { state items { state } } }
}
`],
];

let token = '';

const isSubscription = (params, opts) => {
  const ops = (opts && opts.documentAST ? opts.documentAST.definitions : []).filter((d) => d.kind === 'OperationDefinition');
  const op = params.operationName ? ops.find((o) => o.name && o.name.value === params.operationName) : ops[0];
  return op && op.operation === 'subscription';
};

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split('\n').find((l) => l.startsWith('data: '));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

async function fetcher(params, opts) {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: 'Bearer ' + token } : {}), ...(opts && opts.headers) };
  const stream = isSubscription(params, opts);
  if (stream) headers.Accept = 'text/event-stream';
  const answer = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(params) });
  return stream && answer.ok ? events(answer) : answer.json();
}

async function start() {
  const { heroes, personas } = await (await fetch('/dev/personas')).json();
  const select = document.getElementById('persona');
  const options = [
    ...heroes.map((h) => ['veteran&id=' + h.id, '退役军人 veteran:' + h.zh]),
    ...personas.filter((p) => p !== 'veteran').map((p) => [p, p]),
    ['', '未登录 signed out'],
  ];
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  const root = ReactDOM.createRoot(document.getElementById('graphiql'));
  const sample = { id: heroes[0].id, case: '' };
  const show = () => root.render(e(GraphiQL, {
    fetcher, shouldPersistHeaders: false, isHeadersEditorEnabled: true, defaultEditorToolsVisibility: true,
    variables: JSON.stringify(sample, null, 2),
    headers: token ? JSON.stringify({ Authorization: 'Bearer ' + token }, null, 2) : '',
    defaultTabs: tabs.map(([, query]) => ({ query, variables: JSON.stringify(sample, null, 2) })),
  }));
  const change = async () => {
    const value = select.value;
    token = value ? await (await fetch('/dev/token?persona=' + value)).text() : '';
    document.getElementById('who').textContent = value ? '已登录 signed in' : '未登录 signed out';
    if (value.startsWith('veteran&id=')) sample.id = value.slice('veteran&id='.length);
    show();
  };
  select.addEventListener('change', change);
  await change();
}

start();
