import { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error';
import { Params } from '../operation';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Path and query, as they stand in the request line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The service that the caller signed for: `ec2`, `ssm`, `monitoring`, `lambda`. */
  readonly service: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** A call as read from the wire, with the way to answer it in the same protocol. */
export interface WireCall {
  readonly action: string;
  readonly params: Params;
  /** What the service answers to an action that it does not have. */
  readonly unknownAction: AwsError;
  answer(output: object, requestId: string): WireAnswer;
  fail(error: AwsError, requestId: string): WireAnswer;
}
