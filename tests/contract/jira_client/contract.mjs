// Drives tajo-jira-sim with jira.js, which checks each answer against schemas made from the vendor's
// description and throws where they differ.
//   TAJO_JIRA_SIM=build/dev/bin/tajo-jira-sim node --test contract.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createAgileClient } from 'jira.js/agile';
import { createCloudClient } from 'jira.js/cloud';

const simulator = process.env.TAJO_JIRA_SIM;
assert.ok(simulator, 'TAJO_JIRA_SIM is the path of tajo-jira-sim');
const cloudId = '11223344-a1b2-4b33-8c44-1234567890ab';

async function start(...flags) {
  const child = spawn(simulator, ['--issues', '250', '--customers', '40', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await Promise.race([
    createInterface({ input: child.stdout })[Symbol.asyncIterator]().next().then((next) => [next.value]),
    new Promise((_, reject) => child.once('exit', (code) => reject(new Error(`the simulator ended with ${code}`)))),
  ]);
  return { child, url: `http://${JSON.parse(line).listening}` };
}

const { child, url } = await start('--limits', 'off');
process.once('exit', () => child.kill());

const auth = { type: 'basic', email: 'ops@example.com', apiToken: 'sim-token' };
const strict = { onSchemaMismatch: 'throw', retry: { maxAttempts: 1 } };
const jira = createCloudClient({ host: url, auth, ...strict });
const agile = createAgileClient({ host: url, auth, ...strict });

async function control(path, body) {
  const response = await fetch(`${url}/_control/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

test('search gives every issue once over all pages', async () => {
  const keys = new Set();
  let nextPageToken;
  do {
    const page = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({
      jql: 'project in (SUPPORT, PRODUCT) ORDER BY updated ASC',
      fields: ['*all'],
      maxResults: 100,
      nextPageToken,
    });
    for (const issue of page.issues) keys.add(issue.key);
    nextPageToken = page.isLast ? undefined : page.nextPageToken;
  } while (nextPageToken);
  assert.equal(keys.size, 250);
  const byGet = await jira.issueSearch.searchAndReconsileIssuesUsingJql({ jql: 'project = SUPPORT', fields: ['summary'] });
  assert.equal(byGet.issues.length, 50);
  const count = await jira.issueSearch.countIssues({ jql: 'project = SUPPORT' });
  assert.equal(count.count, 125);
});

test('an issue, its changelog, comments, worklogs', async () => {
  const issue = await jira.issues.getIssue({ issueIdOrKey: 'SUPPORT-1', expand: 'changelog,names' });
  assert.equal(issue.key, 'SUPPORT-1');
  await control('change', { op: 'transition', issue: 'SUPPORT-1', to: 'In Progress' });
  await control('change', { op: 'transition', issue: 'SUPPORT-1', to: 'Resolved' });
  await control('change', { op: 'comment', issue: 'SUPPORT-1', audience: 'internal', text: 'For us only' });
  await control('change', { op: 'worklog', issue: 'SUPPORT-1', seconds: 1800 });
  const log = await jira.issues.getChangeLogs({ issueIdOrKey: 'SUPPORT-1' });
  assert.ok(log.values.some((history) => history.items.some((item) => item.field === 'resolution')));
  const bulk = await jira.issues.getBulkChangelogs({ issueIdsOrKeys: ['10001', '10002'] });
  assert.ok(bulk.issueChangeLogs.length > 0);
  const comments = await jira.issueComments.getComments({ issueIdOrKey: 'SUPPORT-1', expand: 'properties' });
  const last = comments.comments.at(-1);
  assert.equal(last.jsdPublic, false);
  assert.equal(last.body.content[0].content[0].text, 'For us only');
  const worklogs = await jira.issueWorklogs.getIssueWorklog({ issueIdOrKey: 'SUPPORT-1' });
  assert.equal(worklogs.worklogs.at(-1).timeSpentSeconds, 1800);
  const updated = await jira.issueWorklogs.getIdsOfWorklogsModifiedSince({ since: 0 });
  const listed = await jira.issueWorklogs.getWorklogsForIds({ ids: updated.values.slice(0, 5).map((one) => one.worklogId) });
  assert.equal(listed.length, Math.min(5, updated.values.length));
});

test('bulk fetch leaves out what is missing', async () => {
  const got = await jira.issues.bulkFetchIssues({ issueIdsOrKeys: ['10002', '10001', '99999'], fields: ['summary'] });
  assert.deepEqual(got.issues.map((issue) => issue.id), ['10001', '10002']);
});

test('an issue is created with ADF', async () => {
  const made = await jira.issues.createIssue({
    fields: {
      project: { key: 'SUPPORT' },
      issuetype: { name: 'Bug' },
      summary: 'From the contract test',
      description: { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text: 'Hello' }] }] },
    },
  });
  const issue = await jira.issues.getIssue({ issueIdOrKey: made.key });
  assert.equal(issue.fields.summary, 'From the contract test');
  assert.equal(issue.fields.description.content[0].content[0].text, 'Hello');
});

test('catalogues', async () => {
  const projects = await jira.projects.searchProjects({});
  assert.deepEqual(projects.values.map((project) => project.key), ['SUPPORT', 'PRODUCT']);
  assert.ok((await jira.issueFields.getFields()).some((field) => field.schema?.custom?.endsWith(':gh-sprint')));
  assert.equal((await jira.workflowStatuses.getStatuses()).length, 7);
  assert.equal((await jira.serverInfo.getServerInfo()).deploymentType, 'Cloud');
  const versions = await jira.projectVersions.getProjectVersionsPaginated({ projectIdOrKey: 'PRODUCT' });
  assert.equal(versions.values.length, 12);
  const version = await jira.projectVersions.getVersion({ id: versions.values[0].id });
  assert.equal(version.name, versions.values[0].name);
});

test('people', async () => {
  const me = await jira.myself.getCurrentUser();
  assert.equal(me.timeZone, 'America/New_York');
  const found = await jira.userSearch.findUsers({ query: 'customer0001' });
  assert.equal(found[0].emailAddress, 'customer0001@example.com');
  const user = await jira.users.getUser({ accountId: found[0].accountId });
  assert.equal(user.displayName, found[0].displayName);
  assert.equal((await jira.users.getAllUsers({ maxResults: 1000 })).length, 67);
});

test('JQL is parsed and matched', async () => {
  const parsed = await jira.jql.parseJqlQueries({ validation: 'strict', queries: ['project = SUPPORT', 'project = '] });
  assert.equal(parsed.queries[0].errors?.length ?? 0, 0);
  assert.equal(parsed.queries[1].errors.length, 1);
  const matches = await jira.issueSearch.matchIssues({ issueIds: [10001, 10002], jqls: ['project = SUPPORT'] });
  assert.deepEqual(matches.matches[0].matchedIssues, [10001]);
});

test('boards and sprints', async () => {
  const boards = await agile.board.getAllBoards({ type: 'scrum' });
  const sprints = await agile.board.getAllSprints({ boardId: boards.values[0].id, state: ['active'] });
  assert.equal(sprints.values.length, 1);
  const sprint = await agile.sprint.getSprint({ sprintId: sprints.values[0].id });
  assert.equal(sprint.state, 'active');
});

test('dynamic webhooks through the gateway', async () => {
  const { access_token: token } = await control('oauth/grant', {});
  const app = createCloudClient({ host: `${url}/ex/jira/${cloudId}`, auth: { type: 'bearer', token }, ...strict });
  const arrived = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      arrived.push({ headers: request.headers, body: JSON.parse(body) });
      response.writeHead(202).end();
      server.emit('arrived');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const hook = `http://127.0.0.1:${server.address().port}/webhooks/jira`;
    const made = await app.webhooks.registerDynamicWebhooks({
      url: hook,
      webhooks: [
        { events: ['jira:issue_updated'], jqlFilter: 'project = PRODUCT' },
        { events: ['worklog_created'], jqlFilter: 'project = PRODUCT' },
      ],
    });
    const [good, bad] = made.webhookRegistrationResult;
    assert.ok(good.createdWebhookId > 0);
    assert.equal(bad.errors.length, 1);
    const first = new Promise((resolve) => server.once('arrived', resolve));
    await control('change', { op: 'priority', issue: 'PRODUCT-1', to: 'Highest' });
    await control('change', { op: 'priority', issue: 'PRODUCT-1', to: 'Lowest' });
    await first;
    assert.deepEqual(arrived[0].body.matchedWebhookIds, [good.createdWebhookId]);
    assert.match(arrived[0].headers.authorization, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    const listed = await app.webhooks.getDynamicWebhooksForApp();
    assert.equal(listed.values.length, 1);
    const refreshed = await app.webhooks.refreshWebhooks({ webhookIds: [good.createdWebhookId] });
    assert.ok(Number(refreshed.expirationDate) > Date.now());
    await app.webhooks.deleteWebhookById({ webhookIds: [good.createdWebhookId] });
    assert.equal((await app.webhooks.getDynamicWebhooksForApp()).values.length, 0);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('the client broke no rule of Jira', async () => {
  const violations = await control('violations');
  assert.deepEqual(violations.by_rule, {});
  child.kill();
});
