import type { Claim } from '../interrupt/claim';
import type { Evidence } from '../interrupt/facts';
import type { Refusal, RefusalReason } from '../interrupt/refusal';
import type { RequestSource } from '../interrupt/trigger';

/**
 * What the workflow knows about an incident: the data that goes from state to state, plain JSON. Each part is there once its state has
 * been passed, and `failure` once one has failed.
 */
export interface Incident {
  /** What started the workflow: an alarm's event, or `{ instanceId, reason }`. */
  readonly event: unknown;
  readonly execution: Execution;
  readonly assessed?: Assessed;
  /** What kept the verdict from being reached, although it was asked for three times: a reason that time might have cured. */
  readonly notYet?: Failure;
  readonly shield?: Shield;
  /** The number of the interrupt that is being sent or was: 1 or 2. From here on the instance may be dumping. */
  readonly attempt?: number;
  readonly interrupt?: Interrupted;
  readonly watch?: Watch;
  readonly collection?: Collection;
  /** Looks that AWS did not answer. */
  readonly missedLooks?: Missed;
  /** Steps of the collection that AWS did not answer. */
  readonly missedSteps?: Missed;
  readonly restored?: Restored;
  /** Why the workflow left its way; the instance is given back all the same. */
  readonly failure?: Failure;
  /** The workflow itself was ended before it was done: `ABORTED`, `TIMED_OUT` or `FAILED`. Another execution has taken over from there. */
  readonly stopped?: string;
}

export interface Execution {
  readonly arn: string;
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The verdict, and the claim where it is to interrupt. */
export interface Assessed {
  readonly decision: 'interrupt' | 'refuse';
  readonly instanceId: string;
  readonly source: RequestSource;
  readonly evidence?: Evidence;
  readonly claim?: Claim;
  readonly reason?: RefusalReason;
  readonly explanation?: string;
  readonly refusals?: Refusal[];
}

/** How the instance is kept while it dumps. */
export interface Shield {
  /** `standby`: out of service in its Auto Scaling group. `hook`: its termination waits for the lifecycle hooks. `none`: nothing threatens it. */
  readonly kind: 'none' | 'standby' | 'hook';
  readonly group?: string;
  /** The lifecycle state in which it was found. */
  readonly found?: string;
  /** Why the instance could not be shielded. */
  readonly failure?: Failure;
}

/** What became of the last call of SendDiagnosticInterrupt. */
export interface Interrupted {
  /** When it was made, ISO 8601. */
  readonly at: string;
  /** 1, or 2 where the first one went unanswered. */
  readonly attempt: number;
  readonly decision: 'interrupt' | 'refuse';
  /** Absent where no clear answer came. */
  readonly sent?: boolean;
  readonly reason?: RefusalReason;
  readonly explanation?: string;
  readonly error?: { readonly name: string; readonly message: string };
}

/** What was last seen of the instance after the interrupt. */
export interface Watch {
  /** `unanswered`: nothing at all has happened since the interrupt. `gone`: the instance is no longer running. `overdue`: time is up. */
  readonly progress: 'waiting' | 'back' | 'unanswered' | 'gone' | 'overdue';
  readonly explanation?: string;
  /** When the first sign of the panic was seen: the console had something new, or the instance status check another word. */
  readonly panicSeenAt?: string;
  readonly backAt?: string;
  /** Looks since the last interrupt; a minute lies between two. */
  readonly looks: number;
  /** The interrupt that they are about; 0 before the first. */
  readonly attempt: number;
  /** What the instance status check said before the interrupt. */
  readonly statusBefore?: string;
  /** What the serial console had shown before the interrupt; absent where that is not known. */
  readonly console?: ConsoleMark;
}

export interface ConsoleMark {
  /** Whether a kernel that boots would show on it. */
  readonly speaks: boolean;
  readonly sha256: string;
}

/** What was found on the instance and brought to the bucket. */
export interface Collection {
  readonly done: boolean;
  /** What could not be brought, in a sentence; absent where nothing is missing. */
  readonly missing?: string;
  readonly bucket: string;
  /** Where the dump lies on the instance. */
  readonly directory?: string;
  /** Of the machine, for the commands that open the dump: `ID` and `VERSION_ID` of os-release, `uname -r` and `-m`. */
  readonly system?: { readonly id: string; readonly version: string; readonly kernel: string; readonly architecture: string };
  readonly files: DumpFile[];
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Calls of the collecting function. */
  readonly steps: number;
  /** How long the workflow waits before the next one. */
  readonly pauseSeconds?: number;
  /** What the collecting function remembers from call to call; nobody else's business. */
  readonly work?: CollectionWork;
}

export interface CollectionWork {
  /** The command that runs on the instance, how long it has been waited for, and how long it is expected to take. */
  readonly command?: {
    readonly id: string; readonly doing: 'list' | 'send' | 'remove'; readonly waitedSeconds: number; readonly expectedSeconds?: number;
  };
  /** How fast the last command has sent. */
  readonly bytesPerSecond?: number;
  /** The index of the file that is on its way. */
  readonly file: number;
  /** The upload in parts, where the file has more than one. */
  readonly uploadId?: string;
  /** The first part that S3 has not yet taken. */
  readonly nextPart: number;
  /** Parts after that one which S3 has taken, since two are on their way at a time. */
  readonly sentBeyond?: number[];
  /** Of that part and those after it, as far as they are known: hexadecimal SHA-256. */
  readonly hashes: string[];
  /** Of the first parts of the file that comes next. */
  readonly ahead?: string[];
  /** Attempts in a row that brought nothing. */
  readonly failures: number;
  readonly lastFailure?: string;
}

export interface DumpFile {
  readonly name: string;
  readonly kind: 'kernelLog' | 'vmcore';
  readonly bytes: number;
  /** How long its parts are: chosen when it was found, so that nothing that is deployed meanwhile cuts it anew. */
  readonly lengthMib?: number;
  /** The capture kernel did not finish it. */
  readonly incomplete?: boolean;
  /** Of the object in the bucket, once S3 has confirmed the whole. */
  readonly key?: string;
  /** As S3 gives it: base64, and for an object in parts `-` and their number (the checksum of the parts' checksums). */
  readonly checksumSha256?: string;
  /** Whether the instance's copy was removed, as was asked for. */
  readonly removed?: boolean;
}

export interface Missed {
  readonly count: number;
  /** The last one. */
  readonly failure?: Failure;
}

export interface Restored {
  /** `nothingToDo`: it was not shielded, or has left its shield by itself. */
  readonly outcome: 'inService' | 'terminationContinued' | 'nothingToDo' | 'failed';
  readonly failure?: Failure;
}

/** What Step Functions gives to a Catch. */
export interface Failure {
  readonly Error: string;
  readonly Cause?: string;
}
