// Why a Director cannot start, in one sentence with its cure. Not for requests: those get an answer.

export class StartRefused extends Error {
  readonly cure: string;
  constructor(message: string, cure: string) {
    super(message);
    this.name = 'StartRefused';
    this.cure = cure;
  }
}
