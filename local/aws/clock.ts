/**
 * The one place where AWS's minutes become local time. Everything that AWS documents in minutes or seconds of its own (status
 * checks, alarm periods, schedules, retry delays) goes through here. The time-out of a Lambda function does not, since its code
 * runs at real speed, and its clock is the real one.
 *
 * That code compares the times that AWS reports to the clock: "impaired for at least a minute". A minute of AWS's is over here in
 * five seconds, so a moment that passed here is reported as if all of AWS's minutes since then had taken their time: `reported`.
 */
export class Clock {
  private readonly pending = new Set<() => void>();
  private closed = false;

  constructor(readonly minuteMs: number) {
    if (!Number.isFinite(minuteMs) || minuteMs <= 0) {
      throw new Error(`minuteMs must be a positive number of milliseconds, got ${minuteMs}.`);
    }
  }

  /** Local milliseconds of so many of AWS's minutes. */
  minutes(count: number): number {
    return count * this.minuteMs;
  }

  /**
   * A moment as AWS reports it: as long before now, in AWS's minutes, as it was. So it is for every time of which a caller asks how
   * long it is ago (`ImpairedSince`, `ExecutionDate`, `StateTransitionedTimestamp`). The answer is exact at the time of asking, and
   * drifts by what the caller's own clock, at real speed, lags behind AWS's; it is to be asked anew with every answer, not kept.
   */
  reported(moment: Date, now = new Date()): Date {
    return new Date(now.getTime() - (now.getTime() - moment.getTime()) * 60_000 / this.minuteMs);
  }

  /** Calls back after so many minutes, unless the clock is closed or the returned function is called before. */
  after(minutes: number, callback: () => void): () => void {
    if (this.closed) return () => {};
    const timer = setTimeout(() => {
      this.pending.delete(cancel);
      callback();
    }, this.minutes(minutes));
    const cancel = () => {
      clearTimeout(timer);
      this.pending.delete(cancel);
    };
    this.pending.add(cancel);
    return cancel;
  }

  /** Calls back every so many minutes; a call that takes longer delays the next one instead of overlapping it. */
  every(minutes: number, callback: () => void | Promise<void>): void {
    this.after(minutes, () => {
      void Promise.resolve(callback()).finally(() => this.every(minutes, callback));
    });
  }

  /** No callback comes after this. */
  close(): void {
    this.closed = true;
    for (const cancel of [...this.pending]) cancel();
  }
}
