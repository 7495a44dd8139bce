// The receiver that a team would write: verifies the signature, parses, appends to a stream.
const cluster = require('node:cluster');
const crypto = require('node:crypto');
const fastify = require('fastify');
const Redis = require('ioredis');

const port = Number(process.env.PORT);
const workers = Number(process.env.WORKERS);
const secret = process.env.SECRET;

if (workers > 1 && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
} else {
  const redis = new Redis(process.env.REDIS_URL, { enableAutoPipelining: true });
  const app = fastify({ logger: false, bodyLimit: 25 * 1024 * 1024 });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => done(null, body));
  app.post('/webhooks/jira/:connection', async (request, reply) => {
    const expected = Buffer.from('sha256=' + crypto.createHmac('sha256', secret).update(request.body).digest('hex'));
    const given = Buffer.from(request.headers['x-hub-signature'] ?? '');
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      return reply.code(401).send({ error: 'not authentic' });
    }
    const event = JSON.parse(request.body);
    await redis.xadd(`fastify:${request.params.connection}`, 'MAXLEN', '~', 10000, '*',
      'id', request.headers['x-atlassian-webhook-identifier'],
      'event', event.webhookEvent,
      'key', event.issue.key,
      'issue', JSON.stringify(event.issue));
    return reply.code(202).send({ status: 'stored' });
  });
  app.listen({ port, host: '127.0.0.1' });
}
