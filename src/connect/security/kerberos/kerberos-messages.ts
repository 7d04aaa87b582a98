// What kerberos-process and its child say to each other. Types only. Tokens are base64.

export type ChildRequest =
  | {
      readonly kind: 'begin';
      readonly id: number;
      /** Of this security context, from now on. */
      readonly context: number;
      /** `kafka@host`. */
      readonly service: string;
      /** Null: whatever the ticket cache holds. */
      readonly principal: string | null;
    }
  | {
      readonly kind: 'step' | 'unwrap';
      readonly id: number;
      readonly context: number;
      readonly challenge: string;
    }
  | {
      readonly kind: 'wrap';
      readonly id: number;
      readonly context: number;
      readonly challenge: string;
      readonly user: string;
    }
  /** Answered by nothing. */
  | { readonly kind: 'end'; readonly id: number; readonly context: number };

export type ChildAnswer =
  | {
      readonly id: number;
      /** Empty: nothing is to be sent. */
      readonly response: string;
      readonly complete: boolean;
      /** Of the client, once the context is complete. */
      readonly username: string;
    }
  | { readonly id: number; readonly failed: string };

/** The first message: why the package could not be loaded, or nothing. */
export interface ChildReady {
  readonly ready: string;
}
