/** The ledger's files do not hold what was written. Nothing of them is used; rebuild the ledger from the events. */
export class LedgerDamaged extends Error {
  constructor(
    /** Name of the file in the ledger's directory. */
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the ledger's file ${file} is damaged: ${reason}`, options);
    this.name = 'LedgerDamaged';
  }
}
