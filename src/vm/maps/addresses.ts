// What wide loads may ask about maps when a program is loaded.

export interface MapAddresses {
  has(handle: number): boolean;
  /** Of byte `offset` in the value of an array of one entry. */
  valueAddress(handle: number, offset: number): number | undefined;
}
