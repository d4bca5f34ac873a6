// The world lacks something that the matrix needs: said in one sentence, with what to do. A refused program is not this.

export class MatrixUnavailable extends Error {
  readonly cure: string;
  constructor(message: string, cure: string) {
    super(message);
    this.name = 'MatrixUnavailable';
    this.cure = cure;
  }
}
