import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { requestBlob } from '../api/client';
import type { Document } from '../api/types';
import { charsetOf, decoded } from '../ui/charset';
import { bytes } from '../ui/format';
import { formatName } from '../ui/formats';
import { Empty, Failed, Loading } from '../ui/parts';
import type { Span } from '../ui/spans';
import { useQuery } from '../ui/use-query';
import { useServer } from '../ui/use-server';
import { PdfPage } from './pdf-page';

/** Larger ones are for programs of their own. */
const MOST_BYTES = 50_000_000;
const MOST_TEXT_BYTES = 2_000_000;

const IMAGES: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' };
const TEXTS = new Set(['txt', 'md', 'csv', 'json', 'code', 'ics', 'vcf', 'ipynb', 'eml', 'rtf']);

/** PDF files with these failures show no page. */
const UNOPENED: ReadonlySet<string> = new Set(['CORRUPT_FILE', 'PASSWORD_PROTECTED']);

type Kind = 'pdf' | 'image' | 'html' | 'text' | 'none';

export function kindOf({ format, sizeBytes }: Pick<Document, 'format' | 'sizeBytes'>): Kind {
  if (sizeBytes > MOST_BYTES) return 'none';
  if (format === 'pdf') return 'pdf';
  if (format in IMAGES) return 'image';
  if (sizeBytes > MOST_TEXT_BYTES) return 'none';
  if (format === 'html') return 'html';
  return TEXTS.has(format) ? 'text' : 'none';
}

/**
 * The file as it was uploaded, as far as a browser shows it. It is somebody else's: nothing of it runs here, and nothing
 * is fetched for it. What is framed has an origin of its own and the policy of this page.
 */
export function Original({ document, passage }: { document: Document; passage: Span | undefined }): JSX.Element {
  const [query, setQuery] = useQuery();
  const kind = kindOf(document);
  const page = /^[1-9]\d{0,5}$/.exec(query['page'] ?? '')?.[0];
  if (kind === 'pdf' && query['original'] !== 'file' && !UNOPENED.has(document.failure?.code ?? '')) {
    return (
      <PdfPage
        document={document}
        page={Number(page ?? 1)}
        passage={passage}
        onPage={(next) => setQuery({ page: String(next) }, true)}
        onViewer={() => setQuery({ original: 'file' }, true)}
      />
    );
  }
  return <File document={document} kind={kind} page={page} onPages={() => setQuery({ original: undefined }, true)} />;
}

function File(props: { document: Document; kind: Kind; page: string | undefined; onPages: () => void }): JSX.Element {
  const { document, kind, page, onPages } = props;
  const key = kind === 'none' ? undefined : `${document.id} ${document.revision}`;
  const { data, error, reload } = useServer(key, (signal) =>
    requestBlob(`/api/documents/${document.id}/content`, { signal }),
  );
  return (
    <section class="pane" aria-label="Original" tabIndex={0}>
      <div class="pane-title pane-bar">
        <h2>Original</h2>
        {kind === 'pdf' && (
          <button type="button" class="link-button" onClick={onPages}>
            Page by page
          </button>
        )}
      </div>
      {error !== undefined && <Failed error={error} onRetry={reload} />}
      {error === undefined && data === undefined && kind !== 'none' && <Loading lines={8} />}
      {kind === 'none' && <NotShown document={document} />}
      {data !== undefined && kind === 'pdf' && (
        <Framed
          blob={new Blob([data], { type: 'application/pdf' })}
          fragment={`#${page === undefined ? '' : `page=${page}&`}view=FitH`}
          document={document}
        />
      )}
      {data !== undefined && kind === 'image' && (
        <Image blob={new Blob([data], { type: IMAGES[document.format] ?? '' })} document={document} />
      )}
      {data !== undefined && kind === 'html' && <Page blob={data} document={document} />}
      {data !== undefined && kind === 'text' && <Plain blob={data} />}
    </section>
  );
}

/** An address for bytes, as long as they are shown. */
function useAddress(blob: Blob): string | undefined {
  const [address, setAddress] = useState<string | undefined>(undefined);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob.size, blob.type]);
  return address;
}

function Framed(props: { blob: Blob; fragment: string; document: Document }): JSX.Element | null {
  const address = useAddress(props.blob);
  if (address === undefined) return null;
  if (!navigator.pdfViewerEnabled) return <NotShown document={props.document} />;
  // Another fragment alone would not move the viewer.
  return (
    <iframe
      key={props.fragment}
      class="frame"
      src={address + props.fragment}
      title={`${props.document.filename}, original`}
    />
  );
}

function Image({ blob, document }: { blob: Blob; document: Document }): JSX.Element {
  const address = useAddress(blob);
  return <img class="image" src={address} alt={`${document.filename}, as it was uploaded`} />;
}

function Page({ blob, document }: { blob: Blob; document: Document }): JSX.Element | null {
  const { data } = useServer(`${blob.size}`, async () => charsetOf(new Uint8Array(await blob.arrayBuffer())) ?? '');
  if (data === undefined) return null;
  // Of a page that names no charset a browser would guess one.
  const type = data === '' ? 'text/html' : `text/html;charset=${data}`;
  return <Sandboxed blob={new Blob([blob], { type })} document={document} />;
}

function Sandboxed({ blob, document }: { blob: Blob; document: Document }): JSX.Element | null {
  const address = useAddress(blob);
  if (address === undefined) return null;
  return <iframe class="frame" sandbox="" src={address} title={`${document.filename}, original`} />;
}

function Plain({ blob }: { blob: Blob }): JSX.Element {
  const { data } = useServer(`${blob.size}`, async () => decoded(new Uint8Array(await blob.arrayBuffer())));
  return (
    <pre class="plain" dir="auto">
      {data}
    </pre>
  );
}

function NotShown({ document }: { document: Document }): JSX.Element {
  return (
    <Empty icon="documents" title={`${formatName(document.format)}, ${bytes(document.sizeBytes)}`}>
      <p>A browser does not show files of this kind or size. The text beside it is what was read.</p>
      <a class="button" href={`/api/documents/${document.id}/content`} download={document.filename}>
        Download it
      </a>
    </Empty>
  );
}
