import type { Row } from '../../row.ts';

export const floor: Row = { name: 'floor', about: 'soon', run: async () => [] };
