/** Which days, stores and category count; days since 1970-01-01, both ends included. */
export interface ContributionQuery {
  readonly fromDay: number;
  readonly toDay: number;
  /** Store ids; absent: all. Ids nobody knows match nothing. */
  readonly stores?: readonly string[] | undefined;
  /** Category; absent: all. One nobody knows matches nothing. */
  readonly category?: string | undefined;
}
