import { Duplex } from 'node:stream';
import { duplexPair } from './duplex-pair';
import { QmpClient, QmpError } from '../../../local/instance/qmp';

const GREETING = { QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } };

/** A server that speaks QMP: the answer to each command by its name; a function may send events before. */
function serve(answers: Record<string, object | ((send: (message: object) => void, args: any) => object)>): { client: QmpClient; server: Duplex } {
  const [near, server] = duplexPair();
  const send = (message: object) => server.write(JSON.stringify(message) + '\r\n');
  let unread = '';
  server.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unread + text).split('\n');
    unread = lines.pop()!;
    for (const { execute, id, arguments: args } of lines.map((line) => JSON.parse(line))) {
      const answer = answers[execute] ?? { error: { class: 'CommandNotFound', desc: `The command ${execute} has not been found` } };
      send({ ...typeof answer === 'function' ? answer(send, args) : answer, id });
    }
  });
  const client = new QmpClient(near);
  send(GREETING);
  return { client, server };
}

const ACCEPTING = { qmp_capabilities: { return: {} } };

test('after the negotiation a command returns what QEMU returned', async () => {
  const { client } = serve({ ...ACCEPTING, 'query-status': { return: { status: 'running' } } });
  await client.negotiate();
  await expect(client.execute('query-status')).resolves.toEqual({ status: 'running' });
});

test('answers find their command whatever comes in between, in whatever pieces', async () => {
  const [near, server] = duplexPair();
  const client = new QmpClient(near);
  const answers = Promise.all([client.execute('first'), client.execute('second')]);
  const text = [{ return: 2, id: 2 }, { event: 'STOP' }, { return: 1, id: 1 }].map((message) => JSON.stringify(message)).join('\n') + '\n';
  for (const character of text) {
    server.write(character);
  }
  await expect(answers).resolves.toEqual([1, 2]);
});

test('events are emitted under their names', async () => {
  const { client, server } = serve(ACCEPTING);
  const reset = new Promise((resolve) => client.once('RESET', resolve));
  server.write(JSON.stringify({ event: 'RESET', data: { guest: true } }) + '\n');
  await expect(reset).resolves.toEqual({ guest: true });
});

test('fails with the class and description that QEMU gave', async () => {
  const { client } = serve(ACCEPTING);
  await client.negotiate();
  const error = await client.execute('inject-mni').catch((caught) => caught);
  expect(error).toBeInstanceOf(QmpError);
  expect(error).toMatchObject({ errorClass: 'CommandNotFound', message: expect.stringContaining('inject-mni') });
});

test('fails what is unanswered, and what follows, when QEMU is gone', async () => {
  const [near] = duplexPair();
  const client = new QmpClient(near);
  const unanswered = client.execute('inject-nmi');
  near.destroy();
  await expect(unanswered).rejects.toThrow('No answer to inject-nmi: QEMU closed the connection');
  await expect(client.execute('inject-nmi')).rejects.toThrow('Cannot execute inject-nmi: QEMU closed the connection');
  await expect(client.negotiate()).rejects.toThrow('QEMU closed the connection');
});

test('fails when the other side does not speak QMP', async () => {
  const [near, server] = duplexPair();
  const client = new QmpClient(near);
  const negotiation = client.negotiate();
  server.write('HTTP/1.1 400 Bad Request\r\n');
  await expect(negotiation).rejects.toThrow('not QMP: HTTP/1.1 400 Bad Request');
});

describe('a job', () => {
  const job = (error?: string) => {
    const dismissed: string[] = [];
    const { client } = serve({
      ...ACCEPTING,
      'snapshot-save': (send, args) => {
        for (const status of ['created', 'running', 'concluded']) {
          send({ event: 'JOB_STATUS_CHANGE', data: { id: 'another', status } });
          setTimeout(() => send({ event: 'JOB_STATUS_CHANGE', data: { id: args['job-id'], status } }), 5);
        }
        return { return: {} };
      },
      'query-jobs': { return: [{ id: 'save', error }] },
      'job-dismiss': (_, args) => {
        dismissed.push(args.id);
        return { return: {} };
      },
    });
    return { client, dismissed };
  };

  test('is awaited and dismissed', async () => {
    const { client, dismissed } = job();
    await client.runJob('snapshot-save', 'save', { tag: 'booted' });
    expect(dismissed).toEqual(['save']);
  });

  test('fails with what QEMU says of it, and is dismissed', async () => {
    const { client, dismissed } = job('No space left on device');
    await expect(client.runJob('snapshot-save', 'save', {})).rejects.toThrow('QEMU refused snapshot-save: No space left on device');
    expect(dismissed).toEqual(['save']);
  });

  test('fails when it cannot be started', async () => {
    const { client } = job();
    await expect(client.runJob('snapshot-delete', 'delete', {})).rejects.toThrow(QmpError);
  });
});
