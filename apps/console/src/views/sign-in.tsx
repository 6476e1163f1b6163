import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { signIn } from '../api/session';
import { Wordmark } from '../ui/icons';
import { Field } from '../ui/parts';

export function SignIn({ problem: firstProblem }: { problem: string | undefined }): JSX.Element {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(firstProblem);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.status === 401 ? 'This key is unknown, expired or revoked.' : error.message);
      setBusy(false);
    }
  };
  return (
    <main class="gate">
      <Wordmark />
      <form class="gate-form" onSubmit={(event) => void submit(event)}>
        <h1>Sign in</h1>
        <Field label="API key" hint="It is exchanged for a session of twelve hours and not kept on this machine.">
          <input
            class="input mono"
            type="password"
            name="key"
            autocomplete="off"
            placeholder="vl_…"
            required
            value={key}
            aria-invalid={problem !== undefined}
            aria-describedby="sign-in-problem"
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </Field>
        <p id="sign-in-problem" class="problem" role="alert">
          {problem}
        </p>
        <button class="button button-primary" disabled={isBusy}>
          Sign in
        </button>
      </form>
      <p class="quiet gate-hint">
        On your own machine, <code>npm start</code> prints a link that signs you in, and the key is in{' '}
        <code>data/api-key</code>. Elsewhere, ask those who run the service.
      </p>
    </main>
  );
}
