// Why a visor cannot start, in one sentence with its cure. Not for requests: those get an answer.

export class VisorRefused extends Error {
  readonly cure: string;
  constructor(message: string, cure: string) {
    super(message);
    this.name = 'VisorRefused';
    this.cure = cure;
  }
}
