import { AwsError } from './aws-error';
import { DENIED } from './denied';
import { Params } from './operation';
import { WireAnswer, WireCall } from './protocols/wire';

/** A call that a fault may befall. */
export interface FaultedCall {
  readonly service: string;
  readonly action: string;
  readonly params: Params;
  /** The ARN of the caller. */
  readonly caller: string;
  /** When the caller signed it, by its clock. */
  readonly signed?: Date;
}

/** How far an answer gets: `whole`, only `half` of it, or none, with the connection closed (`lost`) or left open (`never`). */
export type Delivery = 'whole' | 'half' | 'lost' | 'never';

interface Parts {
  readonly name: string;
  readonly delayMs?: number;
  /** An error in place of the operation. */
  readonly error?: (call: FaultedCall) => AwsError | undefined;
  /** Whether the operation is carried out. @default true */
  readonly carriedOut?: boolean;
  readonly delivery?: Delivery;
  /** What is answered in place of the right answer. */
  readonly answer?: (call: WireCall, requestId: string, service: string) => WireAnswer;
  /** By how much the clock of the service is ahead. */
  readonly clockAheadMs?: number;
}

type Codes = Record<string, [code: string, status: number, message: string]>;

/**
 * EC2: "Error codes for the Amazon EC2 API" (RequestLimitExceeded, with status 503, as "Request throttling for the Amazon EC2 API"
 * has it). The others: the "Common errors" and the errors of each action in their API references. DynamoDB: "Error handling with
 * DynamoDB"; a table on demand that is throttled says ThrottlingException, unless a partition is over its limit.
 */
const THROTTLED: Codes = {
  ec2: ['RequestLimitExceeded', 503, 'Request limit exceeded.'],
  monitoring: ['Throttling', 400, 'Rate exceeded'],
  ssm: ['ThrottlingException', 400, 'Rate exceeded'],
  lambda: ['TooManyRequestsException', 429, 'Rate Exceeded.'],
  autoscaling: ['Throttling', 400, 'Rate exceeded'],
  sns: ['Throttled', 429, 'Rate exceeded'],
  events: ['ThrottlingException', 400, 'Rate exceeded'],
  states: ['ThrottlingException', 400, 'Rate exceeded'],
  s3: ['SlowDown', 503, 'Please reduce your request rate.'],
  dynamodb: ['ProvisionedThroughputExceededException', 400, 'The level of configured provisioned throughput for the table was exceeded. '
    + 'Consider increasing your provisioning level with the UpdateTable API.'],
};

/** The same references. */
const SERVER_ERRORS: Record<500 | 503, Codes> = {
  500: {
    ec2: ['InternalError', 500, 'An internal error has occurred'],
    monitoring: ['InternalServiceFault', 500, 'The request processing has failed because of an unknown error, exception or failure.'],
    ssm: ['InternalServerError', 500, 'An error occurred on the server side.'],
    lambda: ['ServiceException', 500, 'An error occurred on the server side.'],
    autoscaling: ['InternalFailure', 500, 'The request processing has failed because of an unknown error, exception or failure.'],
    sns: ['InternalError', 500, 'Indicates an internal service error.'],
    events: ['InternalException', 500, 'This exception occurs due to unexpected causes.'],
    states: ['InternalFailure', 500, 'The request processing has failed because of an unknown error, exception or failure.'],
    s3: ['InternalError', 500, 'An internal error occurred. Try again.'],
    dynamodb: ['InternalServerError', 500, 'The request processing has failed because of an unknown error, exception or failure.'],
  },
  503: {
    ...Object.fromEntries(['monitoring', 'ssm', 'lambda', 'dynamodb', 'autoscaling', 'sns', 'events', 'states', 's3'].map(service => [
      service, ['ServiceUnavailable', 503, 'The request has failed due to a temporary failure of the server.'],
    ])),
    ec2: ['Unavailable', 503, 'The server is overloaded and can\'t handle the request.'],
  },
};

/** Signature Version 4: "a request must reach AWS within five minutes of the time stamp in the request". */
const SIGNATURE_MS = 5 * 60_000;

/** Something that goes wrong with a call. */
export class Fault {
  /** Too many calls, in the words of the service. */
  static throttled(): Fault {
    return new Fault({ name: 'throttled', error: call => coded(THROTTLED, call) });
  }

  /** DynamoDB's other throttle, of the control plane and of tables on demand; it is what every AWS JSON service may say. */
  static throttlingException(): Fault {
    return new Fault({ name: 'throttled', error: () => new AwsError('ThrottlingException', 'Rate of requests exceeds the allowed throughput.') });
  }

  /**
   * DynamoDB: somebody else is writing the same item. A transaction is cancelled, with a reason for each of its items
   * (TransactWriteItems, "CancellationReasons"); a single write fails with TransactionConflictException.
   *
   * @param items the positions of the items in conflict. @default - all
   */
  static transactionConflict(items?: number[]): Fault {
    return new Fault({
      name: 'transactionConflict',
      error: ({ params }) => {
        if (!params.TransactItems) return new AwsError('TransactionConflictException', 'Transaction is ongoing for the item');
        const reasons = params.TransactItems.map((_: object, index: number) => items && !items.includes(index)
          ? { Code: 'None' } : { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' });
        return new AwsError('TransactionCanceledException', 'Transaction cancelled, please refer cancellation reasons for specific reasons '
          + `[${reasons.map(({ Code }: { Code: string }) => Code).join(', ')}]`, 400, { CancellationReasons: reasons });
      },
    });
  }

  /** The service fails, by its own fault. */
  static serverError(status: 500 | 503 = 500): Fault {
    return new Fault({ name: `serverError ${status}`, error: call => coded(SERVER_ERRORS[status], call) });
  }

  /** No policy of the caller allows it. */
  static accessDenied(): Fault {
    return new Fault({ name: 'accessDenied', error: call => denied(call, `because no identity-based policy allows the ${actionOf(call)} action`) });
  }

  /** A policy of the organization forbids it ("Troubleshoot access denied error messages", of IAM's guide). */
  static scpDenied(): Fault {
    return new Fault({ name: 'scpDenied', error: call => denied(call, 'with an explicit deny in a service control policy') });
  }

  /** The service never answers; the connection stays open. @param carriedOut whether it did what it was asked */
  static timeout(carriedOut = false): Fault {
    return new Fault({ name: 'timeout', delivery: 'never', carriedOut });
  }

  /** The service takes so much longer. */
  static slow(ms: number): Fault {
    return new Fault({ name: `slow ${ms}`, delayMs: ms });
  }

  /** The service does it, says so with status 200, and the connection is closed in the middle of the answer. */
  static half(): Fault {
    return new Fault({ name: 'half', delivery: 'half' });
  }

  /** Status 200 with an answer of another shape, with none at all, or with the page of a proxy; nothing was carried out. */
  static garbage(what: 'shape' | 'empty' | 'page' = 'shape'): Fault {
    return new Fault({
      name: `garbage ${what}`,
      carriedOut: false,
      answer: (call, requestId, service) => {
        const unexpected = { unexpected: 'value' };
        const answer = call.answer(service === 'lambda' ? { statusCode: 200, payload: '{"unexpected"' } : unexpected, requestId);
        const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Sign in to the network</body></html>' };
        return what === 'page' ? page : what === 'empty' ? { ...answer, body: '' } : answer;
      },
    });
  }

  /** The connection is reset before an answer. @param carriedOut whether the service did it, so that only the answer is lost */
  static disconnect(carriedOut = false): Fault {
    return new Fault({ name: 'disconnect', delivery: 'lost', carriedOut });
  }

  /**
   * The clock of the service is ahead of the caller's, or behind by a negative number. A call that was signed more than five minutes
   * off is refused, and every answer has the service's time in its header Date, by which the SDK corrects its own: a call that is
   * signed by that succeeds. (Leave `times` out, or the clock is right again for the repetition.)
   */
  static clockSkew(ms: number): Fault {
    return new Fault({
      name: 'clockSkew',
      clockAheadMs: ms,
      error: ({ service, signed }) => {
        const now = new Date(Date.now() + ms);
        if (!signed || Math.abs(now.getTime() - signed.getTime()) <= SIGNATURE_MS) return undefined;
        // EC2's error codes have RequestExpired; the AWS JSON services and Lambda's REST tell the signature's times.
        return service === 'ec2' ? new AwsError('RequestExpired', 'Request has expired.')
          : new AwsError('InvalidSignatureException', `Signature not valid at the time of the service: it was made at ${signed.toISOString()}, `
            + `now it is ${now.toISOString()} (5 min.)`, service === 'lambda' ? 403 : 400);
      },
    });
  }

  private constructor(readonly parts: Parts) {}
}

const actionOf = ({ service, action }: FaultedCall) =>
  `${service === 'monitoring' ? 'cloudwatch' : service}:${service === 'lambda' && action === 'Invoke' ? 'InvokeFunction' : action}`;

function denied(call: FaultedCall, why: string): AwsError {
  return DENIED[call.service](`User: ${call.caller} is not authorized to perform: ${actionOf(call)} ${why}`);
}

function coded(codes: Codes, { service }: FaultedCall): AwsError {
  const [code, status, message] = codes[service];
  return new AwsError(code, message, status);
}
