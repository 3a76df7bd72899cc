/** The roles of the platform. A till writes receipts, the sales floor looks up customers, and so on; an administrator may everything. */
export const roles = ['till', 'staff', 'manager', 'operations', 'sre', 'administrator'] as const;

/** One of the roles. */
export type Role = (typeof roles)[number];

/** Who is calling: what a valid token stands for. */
export interface Principal {
  readonly tokenId: string;
  readonly role: Role;
  /** Stores it may see and write, `*` for all. */
  readonly stores: '*' | readonly string[];
  /** A till's terminal, within its one store. */
  readonly terminal?: string | undefined;
}

/** Tells whom a token stands for. */
export interface Authenticator {
  /** Undefined for a token that is unknown, malformed or revoked. Must compare secrets in constant time. */
  authenticate(token: string): Promise<Principal | undefined> | Principal | undefined;
}

/** Who may call a route: anybody, or these roles (an administrator always). */
export type RouteAccess = 'public' | readonly Role[];
