// What a saved file that cannot be used has against it. Thrown by whatever reads results;
// read-results decides whether it ends the report or leaves one run out.

export class ReadTrouble extends Error {
  override readonly name = 'ReadTrouble';
  constructor(
    message: string,
    /** `missing` may be no fault at all; the caller knows. */
    readonly kind: 'missing' | 'denied' | 'damaged' | 'foreign' | 'version' | 'too-large',
    readonly remedy?: string,
  ) {
    super(message);
  }
}
