/** What the page hears of the server: that a document has changed, or that it must look again by itself. */
export type Change = { readonly kind: 'document'; readonly documentId: string } | { readonly kind: 'unknown' };

/** Whose id an event names; one that names none may be about anything. */
export function changeOf(data: string): Change {
  try {
    const { documentId, id } = JSON.parse(data) as { documentId?: unknown; id?: unknown };
    const named = documentId ?? id;
    if (typeof named === 'string') return { kind: 'document', documentId: named };
  } catch {
    // A newer server may say it in another way.
  }
  return { kind: 'unknown' };
}
