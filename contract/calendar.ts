export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** When steps that change something may begin. `to` before `from`: until that time of the next day. */
export interface Window {
  days: readonly Weekday[];
  /** `HH:MM`, in `timezone`. */
  from: string;
  to: string;
  /** An IANA name (https://www.iana.org/time-zones). */
  timezone: string;
}

/** Whole days, both included, in which no step that changes something begins. */
export interface Freeze {
  /** `YYYY-MM-DD`, in `timezone`. */
  from: string;
  to: string;
  timezone: string;
  reason?: string;
}

/** Absent and empty: always open. */
export interface Calendar {
  window?: Window;
  freezes: readonly Freeze[];
}
