// Drives the simulator with Brevo's own client: what that client sends must be taken, and what the
// simulator answers must be what that client expects.
//
//   node run.mjs <tajo-brevo-sim> <folder to install the client in>
//
// Exit code 77: skipped, since the client could not be installed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [simulatorBinary, folder] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));

function install() {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(here, 'package.json'), path.join(folder, 'package.json'));
  if (!existsSync(path.join(folder, 'node_modules', '@getbrevo', 'brevo'))) {
    try {
      const options = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
      execFileSync('npm', options, { cwd: folder, stdio: 'pipe', timeout: 120_000 });
    } catch (error) {
      console.log(`skipped: npm could not install @getbrevo/brevo (${String(error.message).split('\n')[0]})`);
      process.exit(77);
    }
  }
  return createRequire(path.join(folder, 'package.json'))('@getbrevo/brevo');
}

async function startSimulator() {
  const flags = ['--listen', '127.0.0.1:0', '--lists', '22,23', '--limits', 'off', '--import-delay', '10ms', '--min-poll', '0s'];
  const child = spawn(simulatorBinary, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the simulator ended with ${code}`)));
  });
  return { child, url: `http://${JSON.parse(first).listening}` };
}

async function fails(promise, statusCode) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, statusCode);
    return true;
  });
}

async function until(what, deadlineMs = 10_000) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await what();
    if (value) return value;
    assert.ok(Date.now() < end, 'the deadline is over');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const { BrevoClient } = install();
const { child, url } = await startSimulator();
const control = async (what) => (await fetch(`${url}/_control/${what}`)).json();
const brevo = new BrevoClient({ apiKey: 'xkeysib-contract', baseUrl: `${url}/v3`, maxRetries: 0 });

const checks = {
  'account has the declared fields': async () => {
    const account = await brevo.account.getAccount();
    assert.equal(typeof account.companyName, 'string');
    assert.equal(typeof account.organization_id, 'string');
    assert.equal(typeof account.enterprise, 'boolean');
    assert.ok(Array.isArray(account.plan));
  },
  'an unknown key is unauthorized': async () => {
    const stranger = new BrevoClient({ apiKey: 'xsmtpsib-1', baseUrl: `${url}/v3`, maxRetries: 0 });
    await fails(stranger.account.getAccount(), 401);
  },
  'an attribute is made once': async () => {
    const attribute = { attributeCategory: 'normal', attributeName: 'JIRA_OPEN', type: 'float' };
    await brevo.contacts.createAttribute(attribute);
    await fails(brevo.contacts.createAttribute(attribute), 400);
    const { attributes } = await brevo.contacts.getAttributes();
    assert.equal(attributes.find((a) => a.name === 'JIRA_OPEN').type, 'float');
  },
  'a contact is created, then updated without a body': async () => {
    const contact = { email: 'ann@example.com', ext_id: '712020:uuid', attributes: { JIRA_OPEN: 3 }, listIds: [22], updateEnabled: true };
    assert.equal((await brevo.contacts.createContact(contact)).id, 1);
    assert.equal((await brevo.contacts.createContact(contact))?.id, undefined);
    await fails(brevo.contacts.createContact({ email: 'ann@example.com' }), 400);
  },
  'a contact is found by ext_id, updated and listed': async () => {
    const identifier = '712020:uuid';
    await brevo.contacts.updateContact({ identifier, identifierType: 'ext_id', attributes: { JIRA_OPEN: 4 }, unlinkListIds: [22] });
    const contact = await brevo.contacts.getContactInfo({ identifier, identifierType: 'ext_id' });
    assert.equal(contact.email, 'ann@example.com');
    assert.deepEqual(contact.attributes, { JIRA_OPEN: 4, EXT_ID: identifier });
    assert.deepEqual(contact.listIds, []);
    assert.equal((await brevo.contacts.getContacts({ limit: 1000, filter: 'equals(JIRA_OPEN,"4")' })).count, 1);
    await fails(brevo.contacts.getContactInfo({ identifier: 'x@example.com', identifierType: 'email_id' }), 404);
  },
  'a list takes contacts, and says so when it took none': async () => {
    const { id } = await brevo.contacts.createList({ name: 'Support', folderId: 1 });
    const body = { emails: ['ann@example.com', 'nobody@example.com'] };
    const added = await brevo.contacts.addContactToList({ listId: id, body });
    assert.deepEqual(added.contacts.success, ['ann@example.com']);
    assert.deepEqual(added.contacts.failure, ['nobody@example.com']);
    await fails(brevo.contacts.addContactToList({ listId: id, body }), 400);
    await brevo.contacts.removeContactFromList({ listId: id, body: { emails: ['ann@example.com'] } });
    await fails(brevo.contacts.getList({ listId: 9999 }), 404);
    assert.ok((await brevo.contacts.getLists({ limit: 50 })).lists.some((list) => list.id === id));
  },
  'an import is followed to its end': async () => {
    const jsonBody = [{ email: 'bob@example.com', attributes: { JIRA_OPEN: 1 } }, { email: 'not an address' }];
    const { processId } = await brevo.contacts.importContacts({ jsonBody, listIds: [23], disableNotification: true });
    const process_ = await until(async () => {
      const state = await brevo.process.getProcess({ processId });
      return state.status === 'completed' && state;
    });
    assert.match(process_.info.import.invalid_emails, /\.csv$/);
    assert.equal(process_.info.import.duplicate_ext_id, null);
    assert.equal((await brevo.contacts.getContactsFromList({ listId: 23 })).count, 1);
  },
  'events are taken one by one and in batches': async () => {
    const event = (uid) => ({ event_name: 'jira_issue_created', identifiers: { email_id: 'ann@example.com' }, event_properties: { uid } });
    await brevo.event.createEvent(event('u1'));
    assert.equal((await brevo.event.createBatchEvents({ events: [event('u2'), event('u3')] })).count, 2);
    await fails(brevo.event.createEvent({ ...event('u4'), event_name: 'jira:issue_created' }), 400);
    await fails(brevo.event.createBatchEvents({ events: [{ ...event('u5'), event_name: 'a b' }] }), 400);
    const { events, count } = await brevo.event.getEvents({ event_name: ['jira_issue_created'], limit: 10 });
    assert.equal(count, 3);
    assert.deepEqual(new Set(events.map((e) => e.event_properties.uid)), new Set(['u1', 'u2', 'u3']));
    assert.equal((await control('truth')).duplicate_uids, 0);
  },
  'a webhook is registered and removed': async () => {
    const { id } = await brevo.webhooks.createWebhook({
      type: 'marketing', url: 'https://example.com/hook', events: ['contactDeleted', 'unsubscribed'],
      auth: { type: 'bearer', token: 't' },
    });
    await brevo.webhooks.deleteWebhook({ webhookId: id });
    await fails(brevo.webhooks.deleteWebhook({ webhookId: id }), 404);
  },
  'a contact is deleted': async () => {
    await brevo.contacts.deleteContact({ identifier: 'ann@example.com', identifierType: 'email_id' });
    await fails(brevo.contacts.getContactInfo({ identifier: 'ann@example.com', identifierType: 'email_id' }), 404);
  },
  'nothing the official client sends is a violation, apart from the two bad events': async () => {
    const { by_rule } = await control('violations');
    assert.deepEqual(by_rule, { event_refused: 2 });
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${error.stack}`);
  }
}
child.kill('SIGTERM');
process.exit(failed === 0 ? 0 : 1);
