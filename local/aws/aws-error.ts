/** An error as a service words it; the protocol of the call gives it its shape. Details are further members, in JSON only. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400, readonly details: object = {}) {
    super(message);
    this.name = 'AwsError';
  }
}
