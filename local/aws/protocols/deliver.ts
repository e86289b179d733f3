import { IncomingMessage, ServerResponse } from 'node:http';
import { WireAnswer, WireCall } from './wire';
import { AwsError } from '../aws-error';
import { Delivery } from '../fault';

/** An answer and how far it gets; without one the caller gets none. */
export interface Delivered {
  readonly answer?: WireAnswer;
  readonly delivery?: Delivery;
  /** The time that the service has, where it is not the right one. */
  readonly date?: Date;
}

/** Sends an answer as far as it gets. One that is to be `never` there leaves the connection open: the local AWS closes it at its end. */
export function deliver(response: ServerResponse, { answer, delivery = 'whole', date }: Delivered): void {
  if (delivery === 'never') return;
  if (!answer || delivery === 'lost') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers } = answer;
  const body = Buffer.from(answer.body);
  // The answer to a HEAD tells the length of what it does not have.
  response.writeHead(status, { 'content-length': String(body.length), ...headers, ...date ? { date: date.toUTCString() } : {} });
  if (delivery === 'whole') {
    response.end(body);
  } else {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
  }
}

/** What an endpoint says before it knows the protocol of the caller. */
export function refusal(status: number, code: string, message: string): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ __type: code, message }) };
}

/** When the caller signed the call, from the header `X-Amz-Date`: 20260301T120000Z. */
export function signingTime({ headers }: IncomingMessage): Date | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  if (!parts.length) return undefined;
  const [year, month, day, hour, minute, second] = parts.map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** What a service says to an action that it does not have, or that is not played. */
export function unknownAction({ action, unknownAction: { code, status } }: WireCall, service: string): AwsError {
  return new AwsError(code, code === 'InvalidAction'
    ? `The action ${action} is not valid for this web service.`
    : `The local stand does not play ${service}:${action}.`, status);
}
