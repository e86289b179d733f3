import { IncomingMessage, ServerResponse } from 'node:http';
import { Clock } from './clock';
import { CommandQueue, CommandResult } from './run-command';

/** The longest that a poll is held. */
const POLL_MS = 20_000;
const POLL_MINUTES = 4;
/** The real agent pings every five minutes; after two pings that did not come the connection counts as lost here. */
const SILENCE_MINUTES = 10;

/** A value that the CloudWatch agent on an instance publishes. */
export interface AgentMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Value: number;
}

/** A managed node: an instance whose agent has reported at least once. */
export class ManagedNode {
  readonly queue: CommandQueue;
  readonly registered = new Date();
  lastPing = new Date();

  constructor(readonly instanceId: string, private readonly clock: Clock) {
    this.queue = new CommandQueue(clock);
  }

  get pingStatus(): 'Online' | 'ConnectionLost' {
    const silent = Date.now() - this.lastPing.getTime();
    return silent < this.clock.minutes(SILENCE_MINUTES) ? 'Online' : 'ConnectionLost';
  }
}

/**
 * The agents' side of Systems Manager. The real agent's message protocol is not public; this is a small one for the runner in the
 * guest: `GET /agent/{instanceId}/next` (held until there is a command, 204 if there is none; each is a heartbeat),
 * `POST /agent/{instanceId}/accepted` and `POST /agent/{instanceId}/result`. `POST /agent/{instanceId}/metric` is the CloudWatch
 * agent's: it publishes with the dimension InstanceId, and is told after how many seconds the next value is due.
 */
export class Agents {
  readonly nodes = new Map<string, ManagedNode>();
  /** Takes what a CloudWatch agent publishes, and answers after how many local seconds the next value is due. */
  onMetric?: (instanceId: string, metric: AgentMetric) => number;

  constructor(
    private readonly clock: Clock,
    private readonly isInstance: (instanceId: string) => boolean,
    private readonly onRegistered: (node: ManagedNode) => void,
    private readonly log: (line: string) => void,
  ) {}

  handle(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const [, instanceId, verb] = /^\/agent\/([^/]+)\/(next|accepted|result|metric)$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && verb === 'next') return this.next(instanceId, response);
    if (request.method === 'POST' && verb === 'accepted') return this.accepted(instanceId, body, response);
    if (request.method === 'POST' && verb === 'result') return this.result(instanceId, body, response);
    if (request.method === 'POST' && verb === 'metric') return this.metric(instanceId, body, response);
    answer(response, 404, {
      error: `There is no ${request.method} ${request.url}; agents call GET /agent/{instanceId}/next, `
        + 'POST /agent/{instanceId}/accepted, POST /agent/{instanceId}/result and POST /agent/{instanceId}/metric.',
    });
  }

  private next(instanceId: string, response: ServerResponse): void {
    if (!this.isInstance(instanceId)) return answer(response, 404, { error: `There is no instance ${instanceId}.` });
    const node = this.heartbeat(instanceId);
    let open = true;
    const leave = () => {
      if (!open) return;
      open = false;
      if (node.queue.onWaiting === give) node.queue.onWaiting = undefined;
      cancel();
    };
    const give = () => {
      if (!open) return;
      const command = node.queue.take();
      if (!command) return;
      leave();
      this.log(`ssm: ${instanceId} is given command ${command.commandId} (${command.document.name})`);
      answer(response, 200, command.message());
    };
    const cancel = this.clock.after(Math.min(POLL_MS / this.clock.minuteMs, POLL_MINUTES), () => {
      leave();
      answer(response, 204);
    });
    response.on('close', leave);
    node.queue.onWaiting = give;
    give();
  }

  private accepted(instanceId: string, body: Buffer, response: ServerResponse): void {
    const sent = parse<{ commandId: string }>(body, response);
    if (!sent) return;
    const { commandId } = sent;
    if (!this.nodes.get(instanceId)?.queue.accept(commandId)) {
      return answer(response, 404, { error: `${instanceId} was not given a command ${commandId}.` });
    }
    this.heartbeat(instanceId);
    this.log(`ssm: ${instanceId} begins command ${commandId}`);
    answer(response, 200, {});
  }

  private result(instanceId: string, body: Buffer, response: ServerResponse): void {
    const result = parse<CommandResult>(body, response);
    if (!result) return;
    const { commandId, status, exitCode, stdout, stderr } = result;
    if (!['Success', 'Failed', 'TimedOut'].includes(status) || !Number.isInteger(exitCode) || typeof stdout !== 'string' || typeof stderr !== 'string') {
      return answer(response, 400, {
        error: 'A result has commandId, status (Success, Failed or TimedOut), exitCode (an integer), stdout and stderr (text); '
          + `got ${JSON.stringify({ ...result, stdout: typeof stdout, stderr: typeof stderr })}.`,
      });
    }
    if (!this.nodes.get(instanceId)?.queue.finish(result)) {
      return answer(response, 404, { error: `${instanceId} was not given a command ${commandId}, or has posted its result before.` });
    }
    this.heartbeat(instanceId);
    this.log(`ssm: ${instanceId} ends command ${commandId}: ${status}, exit code ${exitCode}${result.runs ? `, ${result.runs} run(s)` : ''}`);
    answer(response, 200, {});
  }

  private metric(instanceId: string, body: Buffer, response: ServerResponse): void {
    if (!this.isInstance(instanceId)) return answer(response, 404, { error: `There is no instance ${instanceId}.` });
    const metric = parse<AgentMetric>(body, response);
    if (!metric) return;
    if (typeof metric.Namespace !== 'string' || typeof metric.MetricName !== 'string' || !Number.isFinite(metric.Value)) {
      return answer(response, 400, { error: `A metric has Namespace and MetricName (text) and Value (a number); got ${JSON.stringify(metric)}.` });
    }
    if (!this.onMetric) return answer(response, 503, { error: 'Nobody takes the metrics of agents here.' });
    answer(response, 200, { nextSeconds: this.onMetric(instanceId, metric) });
  }

  private heartbeat(instanceId: string): ManagedNode {
    let node = this.nodes.get(instanceId);
    if (!node) {
      node = new ManagedNode(instanceId, this.clock);
      this.nodes.set(instanceId, node);
      this.log(`ssm: ${instanceId} comes online for the first time`);
      this.onRegistered(node);
    }
    node.lastPing = new Date();
    return node;
  }
}

/** The JSON object in a body; without one the request is answered here. */
function parse<T extends object>(body: Buffer, response: ServerResponse): T | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as T | null;
    if (typeof value === 'object' && value) return value;
  } catch { /* as something else than an object */ }
  answer(response, 400, { error: `The body is not a JSON object: ${body.toString('utf8').slice(0, 200)}` });
  return undefined;
}

function answer(response: ServerResponse, status: number, body?: object): void {
  if (body === undefined) {
    response.writeHead(status).end();
  } else {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
