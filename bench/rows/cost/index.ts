import type { Row } from '../../row.ts';

export const cost: Row = { name: 'cost', about: 'soon', run: async () => [] };
