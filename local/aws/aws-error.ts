/** An error as a service words it; the protocol of the call gives it its shape. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400) {
    super(message);
    this.name = 'AwsError';
  }
}
