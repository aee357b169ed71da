/** The tests and the quickstart start the same server. */
export * from '../../examples/embedded-postgres.ts';
