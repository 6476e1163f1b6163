import { LocationProvider, Route, Router } from 'preact-iso';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isReachable, session } from './api/client';
import { enter } from './api/session';
import { Shell } from './shell';
import { Wordmark } from './ui/icons';
import { Empty, Head } from './ui/parts';
import { Ask } from './views/ask';
import { Collections } from './views/collections';
import { DocumentView } from './views/document';
import { Documents } from './views/documents';
import { GetStarted } from './views/get-started';
import { Keys } from './views/keys';
import { Live } from './views/live';
import { SignIn } from './views/sign-in';
import { WebhookView } from './views/webhook';
import { Webhooks } from './views/webhooks';

const RETRY_MS = 2_000;

/** Asked for before anything is drawn, which takes as long as the answer. */
let entering = enter();
// Who waits for it is told below.
entering.catch(() => undefined);

export function App(): JSX.Element {
  const [linkProblem, setLinkProblem] = useState<string | undefined>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = (): void => {
      entering.then(setLinkProblem, () => {
        timer = setTimeout(() => {
          entering = enter();
          begin();
        }, RETRY_MS);
      });
    };
    begin();
    return () => clearTimeout(timer);
  }, []);
  const current = session.value;
  if (current === undefined) {
    return (
      <main class="gate" aria-busy="true">
        <Wordmark />
        <p class="quiet" role="status">
          {isReachable.value ? 'Opening …' : 'The server does not answer. Trying again …'}
        </p>
      </main>
    );
  }
  if (current === null) return <SignIn problem={linkProblem} />;
  return (
    <LocationProvider scope="/console">
      <Shell session={current}>
        <Router>
          <Route path="/console/" component={Ask} />
          <Route path="/console/documents" component={Documents} />
          <Route path="/console/documents/:id" component={DocumentView} />
          <Route path="/console/live" component={Live} />
          <Route path="/console/collections" component={Collections} />
          <Route path="/console/keys" component={Keys} />
          <Route path="/console/webhooks" component={Webhooks} />
          <Route path="/console/webhooks/:id" component={WebhookView} />
          <Route path="/console/start" component={GetStarted} />
          <Route default component={Unknown} />
        </Router>
      </Shell>
    </LocationProvider>
  );
}

function Unknown(): JSX.Element {
  return (
    <>
      <Head title="There is no such page" />
      <Empty icon="warn" title="Nothing is here">
        <p>
          <a href="/console/">Ask a question</a> or look at the <a href="/console/documents">documents</a>.
        </p>
      </Empty>
    </>
  );
}
