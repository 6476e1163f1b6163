import { InitialSchema1764000000000 } from './1764000000000-initial-schema';

/** In the order they run. A migration that has landed is never edited; a mistake is mended by the next one. */
export const MIGRATIONS = [InitialSchema1764000000000];
