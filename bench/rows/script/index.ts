import type { Row } from '../../row.ts';

export const script: Row = { name: 'script', about: 'soon', run: async () => [] };
